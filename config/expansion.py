"""${VAR} in parsed values, never in the text of the file: a secret with a colon or a newline stays one value.

A value whose variable is unset or empty counts as absent; which variables were wanted is kept, so that a
required key can name them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.document import Tree
from config.faults import Fault, join

_BARE = re.compile(r"\$[A-Z_][A-Z0-9_]*")
_DOLLAR = re.compile(r"\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")


@dataclass(slots=True)
class Expansion:
    environ: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)
    unset: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def mapping(self, tree: Mapping[str, Tree], path: str = "") -> dict[str, Tree]:
        expanded = {name: self.expand(value, join(path, name)) for name, value in tree.items()}
        return {name: value for name, value in expanded.items() if value is not None}

    def expand(self, tree: Tree, path: str) -> Tree:
        """The value, or None when it counts as absent; items of a list keep their places."""
        if isinstance(tree, dict):
            return self.mapping(tree, path)
        if isinstance(tree, list):
            items = [self.expand(item, join(path, index)) for index, item in enumerate(tree)]
            return items if not items or any(item is not None for item in items) else None
        return self._text(tree, path) if tree else None

    def _text(self, text: str, path: str) -> str | None:
        names = [match[1] for match in _DOLLAR.finditer(text) if match[1]]
        if _BARE.fullmatch(text):
            remedy = "write ${NAME} for a variable, or $$NAME for the text itself"
            self.faults.append(Fault(path, "has a $ without braces", remedy))
            return None
        if any(match[0] == "${" for match in _DOLLAR.finditer(text)):
            self.faults.append(
                Fault(path, "has a ${ that is not ${NAME}", "write ${NAME}, or $${ for the characters ${")
            )
            return None
        missing = tuple(dict.fromkeys(name for name in names if not self.environ.get(name)))
        if missing:
            self.unset[path] = missing
            return None
        expanded = _DOLLAR.sub(lambda match: self.environ[match[1]] if match[1] else "$", text)
        if not _encodes(expanded):
            self.faults.append(Fault(path, "is not valid text", "write it in UTF-8"))
            return None
        return expanded


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
