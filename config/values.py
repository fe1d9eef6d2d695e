"""Single values: each kind of key reads its own text, and says what is wrong and what to write instead.

No message repeats the text it was given; it may be a secret in the wrong place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Unpack

from marshmallow import ValidationError

from config import durations
from config.entry import Common, Scalar, Wrong, wrong

_ON, _OFF = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


class Text(Scalar[str]):
    def __init__(
        self, text: str, *, pattern: str = r"\S.*", otherwise: Wrong | None = None, **common: Unpack[Common]
    ) -> None:
        self.pattern = re.compile(pattern, re.ASCII)
        self.otherwise = otherwise or Wrong("is blank or has several lines", "write one line of text")
        super().__init__(text, **common)

    def read(self, text: str) -> str:
        if not self.pattern.fullmatch(text.strip()):
            raise ValidationError([self.otherwise])
        return text.strip()


class FilePath(Scalar[Path]):
    kind = "path"

    def read(self, text: str) -> Path:
        if "\0" in text or text != text.strip() or text.startswith(("file:", "sqlite:")):
            raise wrong("is not the path of a file", "write a path such as ./data/alert-bridge.db")
        return Path(text)


class Boolean(Scalar[bool]):
    kind = "true or false"

    def read(self, text: str) -> bool:
        return boolean(text)


def boolean(text: str) -> bool:
    word = text.strip().casefold()
    if word not in _ON | _OFF:
        raise wrong("is neither true nor false", "write true or false")
    return word in _ON


class Whole(Scalar[int]):
    kind = "whole number"

    def __init__(
        self, text: str, *, at_least: int, at_most: int, because: str, **common: Unpack[Common]
    ) -> None:
        self.at_least, self.at_most, self.because = at_least, at_most, because
        super().__init__(text, **common)

    def read(self, text: str) -> int:
        remedy = f"write a {self.kind} from {self.at_least} to {self.at_most}: {self.because}"
        if not re.fullmatch(r"[+-]?\d{1,18}", text.strip(), re.ASCII):
            raise wrong(f"is not a {self.kind}", remedy)
        if not self.at_least <= int(text) <= self.at_most:
            raise wrong(f"is not between {self.at_least} and {self.at_most}", remedy)
        return int(text)


class Port(Whole):
    kind = "port"

    def __init__(self, text: str, **common: Unpack[Common]) -> None:
        because = "0 means any free port"
        super().__init__(text, at_least=0, at_most=65535, because=because, **common)


class Rate(Scalar[float]):
    kind = "number"

    def __init__(self, text: str, *, at_least: float, at_most: float, **common: Unpack[Common]) -> None:
        self.at_least, self.at_most = at_least, at_most
        super().__init__(text, **common)

    def read(self, text: str) -> float:
        remedy = f"write a number from {self.at_least:g} to {self.at_most:g}, such as 1.0"
        try:
            number = float(text)
        except ValueError:
            raise wrong("is not a number", remedy) from None
        if not math.isfinite(number) or not self.at_least <= number <= self.at_most:
            raise wrong(f"is not between {self.at_least:g} and {self.at_most:g}", remedy)
        return number


class Duration(Scalar[timedelta]):
    kind = "duration"

    def __init__(
        self,
        text: str,
        *,
        at_least: str = "0",
        at_most: str,
        because: str,
        zero: bool = False,
        **common: Unpack[Common],
    ) -> None:
        self.at_least, self.at_most, self.because, self.zero = at_least, at_most, because, zero
        super().__init__(text, **common)

    def read(self, text: str) -> timedelta:
        try:
            duration = durations.read(text)
        except durations.NoUnit as error:
            known = text.strip() if len(text.strip()) <= 6 else "30"
            raise wrong(str(error), f"write {known}s for seconds, {known}m for minutes") from None
        except durations.NotADuration as error:
            raise wrong(str(error), "write a number with its unit: 250ms, 30s, 5m, 1h30m, 24h") from None
        if not duration and self.zero:
            return duration
        if not durations.read(self.at_least) <= duration <= durations.read(self.at_most):
            zero = "0 or " if self.zero else ""
            raise wrong(
                f"is not between {self.at_least} and {self.at_most}",
                f"write {zero}{self.at_least} to {self.at_most}: {self.because}",
            )
        return duration


class Choice(Scalar[str]):
    """One of a few words; `words` maps what may be written to what is meant."""

    kind = "word"

    def __init__(self, text: str, *, words: Mapping[str, str], **common: Unpack[Common]) -> None:
        self.words = words
        super().__init__(text, **common)

    def read(self, text: str) -> str:
        word = text.strip().casefold()
        if word not in self.words:
            close = get_close_matches(word, self.words, 1)
            remedy = f"did you mean {close[0]}?" if close else f"write {' or '.join(self.words)}"
            raise wrong(f"is not one of {', '.join(self.words)}", remedy)
        return self.words[word]


def same(*words: str) -> dict[str, str]:
    return {word: word for word in words}
