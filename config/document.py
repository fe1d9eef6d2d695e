"""From YAML text to a tree of plain text: every scalar stays as written until its key says what it is.

So a routing key of digits stays a routing key, `on` can be a name, and a value that comes from ${VAR} is read
exactly like one that stands in the file. PyYAML's own messages quote the file, so none of them is passed on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import yaml

from config.faults import ConfigurationError, Fault, join

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree] | None"
MOST_NODES = 20_000
MOST_CHARACTERS = 1 << 20
_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "value", "map", "seq")
}
# Where PyYAML's description contains the first, ours is the second.
_SYNTAX = (
    ("'\\t'", "a tab where only spaces may stand: indent with spaces"),
    ("undefined alias", "a value that starts with * must stand in quotes"),
    ("while scanning an alias", "a value that starts with * must stand in quotes"),
    ("while scanning an anchor", "a value that starts with & must stand in quotes"),
    ("duplicate anchor", "a value that starts with & must stand in quotes"),
    ("tag", "a value that starts with ! must stand in quotes"),
    ("quoted scalar", "a quoted text is not closed, or has a meaningless backslash: use single quotes"),
    ("mapping values", "a colon too many, or wrong indentation: quote a value that has ': ' in it"),
    ("expected ':'", "a line that is neither `key: value` nor a list item"),
    ("cannot start any token", "a value that starts with @, %, ` or | must stand in quotes"),
    ("single document", "a second document begins here: keep one and remove the ---"),
    ("flow", "inside {…} or […] a comma or bracket is missing, or ${VAR} needs quotes there"),
    ("document start", "the indentation does not fit the lines above"),
    ("block end", "the indentation does not fit the lines above"),
)


def read(text: str, origin: str) -> tuple[dict[str, Tree], list[Fault]]:
    """The tree, and the faults that leave the rest readable. Raises when nothing can be read."""
    if len(text) > MOST_CHARACTERS:
        raise _unreadable(origin, "is larger than 1 MiB", "check that this is the right file")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line, column = _place(text, error.position)
        raise _syntax(origin, line, column, "a character that YAML does not allow") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _syntax(origin, line, column, _words(error)) from None
    except RecursionError:
        raise _unreadable(origin, "is nested too deeply", "nest no deeper than the example does") from None
    reader = _Reader(origin)
    tree = {} if root is None else reader.tree(root, "", ())
    if tree is None or tree == "":
        tree = {}
    if not isinstance(tree, dict):
        raise _unreadable(origin, "is not a mapping", "write keys such as `server:` at the left edge")
    return tree, reader.faults


def at(tree: Mapping[str, Tree], path: str) -> Tree:
    """What stands at this path, or None."""
    found: Tree = dict(tree)
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


class _Reader:
    """Turns nodes into a tree; holds what was found on the way."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.faults: list[Fault] = []
        self._nodes = 0

    def tree(self, node: yaml.Node, path: str, above: tuple[yaml.Node, ...]) -> Tree:
        self._nodes += 1
        if self._nodes > MOST_NODES or node in above:
            raise _unreadable(self.origin, "repeats itself through * and &", "write the values out")
        if node.tag not in _PLAIN_TAGS:
            self._fault(path, "has a YAML tag", "put the value in quotes if it starts with !")
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, path, (*above, node)))
        if isinstance(node, yaml.SequenceNode):
            items = enumerate(node.value)
            return [self.tree(item, join(path, index), (*above, node)) for index, item in items]
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null") and node.style is None:
            return None
        return str(node.value)

    def _items(
        self, node: yaml.MappingNode, path: str, above: tuple[yaml.Node, ...]
    ) -> Iterator[tuple[str, Tree]]:
        first: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._fault(path, f"has a key on line {line} that is not a plain word", "write `key: value`")
                continue
            name = str(key.value)
            where = join(path, name)
            if name == "<<":
                self._fault(where, f"merges another block on line {line}", "write the keys out")
            elif name in first:
                self._fault(
                    where, f"stands twice: on lines {first[name]} and {line}", "keep one, remove the other"
                )
            else:
                first[name] = line
                yield name, self.tree(value, where, above)

    def _fault(self, path: str, problem: str, remedy: str) -> None:
        self.faults.append(Fault(path or self.origin, problem, remedy))


def _words(error: yaml.MarkedYAMLError) -> str:
    said = f"{error.context or ''} {error.problem or ''}"
    return next((words for part, words in _SYNTAX if part in said), "this is not valid YAML")


def _place(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - before.rfind("\n")


def _syntax(origin: str, line: int, column: int, words: str) -> ConfigurationError:
    return _unreadable(origin, f"line {line}, column {column}: {words}", "correct the file there")


def _unreadable(origin: str, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(origin, (Fault(origin, problem, remedy),))
