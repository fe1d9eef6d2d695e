"""The files of this checkout as git would take them, found without git: CI may have only a copy."""

import os
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pathspec import GitIgnoreSpec

ROOT = Path(__file__).resolve().parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Everything that is not ignored, relative to the root, in order."""
    return tuple(sorted(_walk()))


def _walk() -> Iterator[Path]:
    ignored = GitIgnoreSpec.from_lines((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())
    for folder, subfolders, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        subfolders[:] = [
            name
            for name in subfolders
            if name != ".git" and not ignored.match_file(f"{(here / name).as_posix()}/")
        ]
        # In a worktree .git is a file.
        yield from (
            here / name
            for name in names
            if name != ".git" and not ignored.match_file((here / name).as_posix())
        )


@cache
def text(path: Path) -> str:
    """What the file says; nothing when it is not text."""
    try:
        return (ROOT / path).read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return ""


def matches(suffix: str) -> list[Path]:
    return [path for path in files() if path.suffix == suffix]


@cache
def pyproject() -> dict[str, Any]:
    return tomllib.loads(text(Path("pyproject.toml")))
