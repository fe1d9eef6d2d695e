"""The fenced blocks of the README and of docs/: what readers copy and run."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.repo.tree import matches, text

_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(language: str) -> list[Block]:
    return [
        Block(page, text(page)[: found.start()].count("\n") + 1, language, textwrap.dedent(found[3]))
        for page in matches(".md")
        if page == Path("README.md") or page.is_relative_to("docs")
        for found in _BLOCK.finditer(text(page))
        if found[2] == language
    ]
