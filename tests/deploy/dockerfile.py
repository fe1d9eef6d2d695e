"""Dockerfile and .dockerignore, read as far as ours go."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import PathSpec

from tests.repo.tree import files, text


@dataclass
class Stage:
    """What follows one FROM: its instructions in order, each a word and the rest."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        return [rest for each, rest in self.steps if each == word]

    def words(self, word: str) -> list[str]:
        """The only one of this kind, in exec form."""
        (given,) = self.all(word)
        found: list[str] = json.loads(given)
        return found

    @property
    def environment(self) -> dict[str, str]:
        pairs = [pair.partition("=") for rest in self.all("ENV") for pair in shlex.split(rest)]
        return {name: value for name, _, value in pairs}

    @property
    def command(self) -> list[str]:
        return self.words("ENTRYPOINT") + self.words("CMD")

    @property
    def health(self) -> list[str]:
        (check,) = self.all("HEALTHCHECK")
        found: list[str] = json.loads(check.partition("CMD ")[2])
        return found


def stages() -> list[Stage]:
    found: list[Stage] = []
    lines = [line for line in text(Path("Dockerfile")).splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append(Stage(base, name))
        elif word:
            found[-1].steps.append((word, rest))
    return found


def bridge() -> Stage:
    """The last stage is what a build makes that names none."""
    return stages()[-1]


def context() -> list[Path]:
    """What `COPY . .` copies of this checkout."""
    # To Docker patterns begin at the root, and the last line that matches counts, also below what is left out.
    lines = re.sub(r"^(!?)(?=\w)", r"\1/", text(Path(".dockerignore")), flags=re.MULTILINE).splitlines()
    ignored = PathSpec.from_lines("gitignore", lines)
    return [path for path in files() if not ignored.match_file(path.as_posix())]
