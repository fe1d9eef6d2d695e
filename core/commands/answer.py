"""Which command is answered by what, and what a command that cannot be is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from core.commands import period, status, summary
from core.commands.wrong import Wrong
from core.store.engine import Store
from core.targets import mrkdwn
from core.targets.slack_parts import section

STATUS, SUMMARY = "/alert-status", "/summary"
USAGE = (
    f"`{STATUS} [severity]` shows what is open, most severe first\n"
    f"`{SUMMARY} [{'|'.join(period.EXAMPLES)}]` tells what a time was like; {period.DEFAULT} if you name none"
)


def respond(store: Store, command: str, text: str, now: datetime, *, zone: tzinfo = UTC) -> dict[str, Any]:
    """The answer to `command text`, which only who typed it sees. Days begin at midnight of `zone`.

    Raises what the database raises; whatever else is typed has an answer.
    """
    word = " ".join(text.lower().split())
    try:
        with store.read() as connection:
            if command == STATUS and word != "help":
                return _answer(status.lines(connection, word, now))
            if command == SUMMARY and word != "help":
                return _answer(summary.lines(connection, period.read(word, now, zone)))
    except Wrong as wrong:
        return _answer([mrkdwn.inline(str(wrong), 200), USAGE])
    return _answer([USAGE])


# A section's text may have 3000 characters (facts of Block Kit), and a line of ours has at most some 500.
_LINES_OF_A_BLOCK = 5


def _answer(lines: Sequence[str]) -> dict[str, Any]:
    groups = [lines[start : start + _LINES_OF_A_BLOCK] for start in range(0, len(lines), _LINES_OF_A_BLOCK)]
    return {
        "response_type": "ephemeral",
        "text": lines[0],
        "blocks": [section("\n".join(group)) for group in groups],
    }
