"""Secrets that are files: `X_file: /path` beside a secret key X. Failures name the reason, never the content."""

from __future__ import annotations

from pathlib import Path

from config.faults import looks_secret

MOST_BYTES = 1 << 16


class Unreadable(Exception):
    """The message says which file and why."""


def read_secret(name: str) -> str:
    """The file's text without its last newline."""
    shown = _shown(name)
    try:
        with Path(name).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode()
    except UnicodeDecodeError:
        raise Unreadable(f"{shown} is not UTF-8 text") from None
    except OSError as error:
        raise Unreadable(f"{shown} cannot be read: {error.strerror or type(error).__name__}") from None
    except ValueError:
        raise Unreadable("is not the path of a file") from None
    if len(content) > MOST_BYTES:
        raise Unreadable(f"{shown} is larger than 64 KiB")
    text = text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")
    if not text:
        raise Unreadable(f"{shown} is empty")
    return text


def _shown(name: str) -> str:
    """People put the secret itself where its path belongs: only what looks like a path is repeated."""
    return "the file" if "/" not in name or looks_secret(name.replace("/", " ")) else name
