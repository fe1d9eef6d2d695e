"""The shape of the file, before its values: unknown keys, values in place of blocks, blocks that are off, X_file.

Marshmallow then sees only keys it knows and blocks that count, so that each fault is told once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from config import files, reference
from config.document import Tree
from config.entry import Entry
from config.faults import Fault, join
from config.named import Tokens
from config.shapes import Block, Section

FILE = "_file"


@dataclass(slots=True)
class Structure:
    """`off` are the blocks that do not count, `broken` the keys whose value could not be had."""

    faults: list[Fault] = field(default_factory=list)
    off: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def section(self, section: Section, tree: Mapping[str, Tree], path: str) -> dict[str, Tree]:
        """The tree with only what counts; unknown keys are told of also in blocks that are off."""
        shaped: dict[str, Tree] = {}
        in_files: dict[str, Tree] = {}
        for name, value in tree.items():
            where, known = join(path, name), section.fields.get(name)
            if isinstance(known, Block):
                inner = self._block(known, value, tree, where)
                shaped |= {} if inner is None else {name: inner}
            elif isinstance(known, Tokens) and isinstance(value, dict):
                shaped[name] = self._tokens(value, where)
            elif known:
                shaped[name] = value
            elif _is_secret_file(section, name):
                in_files[name.removesuffix(FILE)] = value
            else:
                self.faults.append(Fault(where, "is not a key that exists", _suggestion(section, name, path)))
        return self._filled(shaped, in_files, path)

    def _block(
        self, block: Block, value: Tree, parent: Mapping[str, Tree], where: str
    ) -> dict[str, Tree] | None:
        if not isinstance(value, dict):
            found = "a list" if isinstance(value, list) else "a single value"
            names = ", ".join(list(block.section.fields)[:3])
            problem = f"is {found} where a block of keys belongs"
            self.faults.append(Fault(where, problem, f"write keys below it, such as {names}"))
            self.broken.add(where)
            return None
        if block.on and not block.on(parent, value):
            self.off.add(where)
            self._unknown(block.section, value, where)
            return None
        if block.optional and not (value or block.meant):
            return None
        return self.section(block.section, value, where)

    def _unknown(self, section: Section, tree: Mapping[str, Tree], path: str) -> None:
        """Of a block that is off only the names are looked at: no values, no files."""
        for name, value in tree.items():
            known = section.fields.get(name)
            if isinstance(known, Block) and isinstance(value, dict):
                self._unknown(known.section, value, join(path, name))
            elif known is None and not _is_secret_file(section, name):
                suggestion = _suggestion(section, name, path)
                self.faults.append(Fault(join(path, name), "is not a key that exists", suggestion))

    def _tokens(self, tree: dict[str, Tree], path: str) -> dict[str, Tree]:
        """Tokens have names of people's own choice, and each may be in a file."""
        in_files = {name.removesuffix(FILE): value for name, value in tree.items() if name.endswith(FILE)}
        given = {name: value for name, value in tree.items() if not name.endswith(FILE)}
        return self._filled(given, in_files, path)

    def _filled(self, tree: dict[str, Tree], in_files: dict[str, Tree], path: str) -> dict[str, Tree]:
        """The tree and beside it the content of the files."""
        for name, file in in_files.items():
            key, where = join(path, name), join(path, name + FILE)
            if name in tree:
                self.faults.append(
                    Fault(where, f"is given and {key} too", f"keep one of the two: {where} or {key}")
                )
                continue
            content = self._content(file, where)
            if content is None:
                self.broken.add(key)
            else:
                tree[name] = content
        return tree

    def _content(self, file: Tree, where: str) -> Tree:
        if isinstance(file, list):
            items = [self._content(item, join(where, index)) for index, item in enumerate(file) if item]
            return items if items and all(items) else None
        if not isinstance(file, str):
            self.faults.append(Fault(where, "is a mapping where a path belongs", "write the path of a file"))
            return None
        try:
            return files.read_secret(file)
        except files.Unreadable as error:
            remedy = "check the path and who may read it, or give the secret as ${VARIABLE}"
            self.faults.append(Fault(where, str(error), remedy))
            return None


def _is_secret_file(section: Section, name: str) -> bool:
    beside = section.fields.get(name.removesuffix(FILE))
    return name.endswith(FILE) and isinstance(beside, Entry) and beside.secret


def _suggestion(section: Section, name: str, path: str) -> str:
    secrets = [f"{key}{FILE}" for key in section.fields if _is_secret_file(section, f"{key}{FILE}")]
    close = get_close_matches(name, [*section.fields, *secrets], 1)
    if close:
        return f"did you mean {join(path, close[0])}?"
    elsewhere = [known for known in reference.entries() if known.rpartition(".")[2] == name]
    if elsewhere:
        return f"did you mean {elsewhere[0]}?"
    return f"the keys here are {', '.join(section.fields)}"
