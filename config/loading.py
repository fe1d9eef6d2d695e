"""From a file and an environment to Settings, or to all the faults at once. The only way in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from config import document, reference
from config.entry import Wrong
from config.expansion import Expansion
from config.faults import ConfigurationError, Fault, join, under
from config.remarks import remarks
from config.schema import File
from config.settings import Settings
from config.structure import Structure
from config.together import together

DEFAULT_PATH = Path("config/config.yaml")


def find(argument: Path | None, environ: Mapping[str, str]) -> Path:
    """Which file: the argument, else CONFIG_PATH, else config/config.yaml. It need not exist."""
    return argument or Path(environ.get("CONFIG_PATH") or DEFAULT_PATH)


def load(path: Path | None, environ: Mapping[str, str], *, storage: str | None = None) -> Settings:
    """`storage` stands in for the file's storage.type, so that a block which is off can be asked for."""
    path = find(path, environ)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fault = Fault(str(path), f"is not UTF-8 text: line {line}", "save the file as UTF-8")
        raise ConfigurationError(str(path), (fault,)) from None
    except OSError as error:
        fault = Fault(
            str(path),
            f"cannot be read: {error.strerror or type(error).__name__}",
            "copy config/config.example.yaml there, or name another file with --config or CONFIG_PATH",
        )
        raise ConfigurationError(str(path), (fault,)) from None
    return parse(text, environ, str(path), storage=storage)


def parse(
    text: str, environ: Mapping[str, str], origin: str = "configuration", *, storage: str | None = None
) -> Settings:
    tree, faults = document.read(text, origin)
    if storage is not None:
        block = tree.get("storage")
        tree["storage"] = {**(block if isinstance(block, dict) else {}), "type": storage}
    expansion, structure = Expansion(environ), Structure()
    expanded = expansion.mapping(tree)
    shaped = structure.section(File(), expanded, "")
    faults += structure.faults
    faults += [fault for fault in expansion.faults if _counts(fault, structure.off)]
    data: dict[str, Any] = {}
    try:
        data = File().load(shaped)
    except ValidationError as error:
        broken = {*structure.broken, *(fault.path for fault in expansion.faults)}
        found = _faults(error.messages_dict, "", expansion.unset)
        faults += [fault for fault in found if not any(under(fault.path, path) for path in broken)]
    faults += list(together(shaped, faults, expansion.unset))
    if faults:
        raise ConfigurationError(origin, tuple(sorted(faults, key=_rank)))
    return Settings(**data, remarks=tuple(remarks(expanded, shaped, data, expansion.unset, structure.off)))


def _counts(fault: Fault, off: set[str]) -> bool:
    """Nobody reads the values of a block that is off, except the one that turned it off."""
    return fault.path.endswith(".enabled") or not any(under(fault.path, block) for block in off)


def _faults(messages: Mapping[Any, Any], path: str, unset: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    for name, below in messages.items():
        where = join(path, name)
        if isinstance(below, dict):
            yield from _faults(below, where, unset)
            continue
        for message in below:
            known = isinstance(message, Wrong)
            yield Fault(where, message.problem, message.remedy) if known else _missing(where, unset)


def _missing(path: str, unset: Mapping[str, tuple[str, ...]]) -> Fault:
    """The only fault of marshmallow's own that is left: a required key is not there."""
    entry = reference.entries()[path]
    wanted = next(
        (names for key, names in unset.items() if under(key, path) or under(key, f"{path}_file")), ()
    )
    if not wanted:
        return Fault(path, "is missing", entry.required_remedy)
    block = path.partition(".")[0]
    off = f", or turn it off with {block}.enabled: false" if block in {"slack", "pagerduty"} else ""
    names = " and ".join(wanted)
    return Fault(path, f"needs {names}, which the environment does not have", f"set {names}{off}")


def _rank(fault: Fault) -> int:
    """Faults in the order of the reference; those of the file itself first, unknown keys with their block."""
    known = list(reference.entries())
    parts = fault.path.partition("[")[0].split(".")
    for end in range(len(parts), 0, -1):
        block = ".".join(parts[:end])
        ranks = [rank for rank, key in enumerate(known) if under(key, block)]
        if ranks:
            return ranks[0]
    return -1
