"""A slash command as it came, and until when it has to be answered."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from core.sources import slack_payload


class Refused(Exception):
    """Why not, in one sentence, escaped."""


@dataclass(frozen=True, slots=True)
class Typed:
    """`deadline` is by the monotonic clock."""

    body: bytes
    fields: Mapping[str, str]
    deadline: float

    def get(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def place(self) -> str:
        return slack_payload.channel(self.get("channel_id"))

    @property
    def left(self) -> float:
        return max(0.1, self.deadline - time.monotonic())
