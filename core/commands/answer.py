"""Which command is answered by what, and what a command that cannot be is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from core.commands import period, silence_list, silence_words, status, summary
from core.commands.silence_words import Listing
from core.commands.wrong import Unknown, Wrong
from core.store.engine import Store
from core.targets import mrkdwn
from core.targets.slack_parts import section

STATUS, SUMMARY, SILENCE = "/alert-status", "/summary", "/silence"
USAGE = (
    f"`{STATUS} [severity]` shows what is open, most severe first\n"
    f"`{SUMMARY} [{'|'.join(period.EXAMPLES)}]` tells what a time was like; {period.DEFAULT} if you name none\n"
    f"`{SILENCE} [list|add|extend|end]` shows what is silenced, and silences; `{SILENCE} help` says how"
)
SILENCE_USAGE = (
    f"`{SILENCE} list` shows what is silenced now or will be\n"
    f'`{SILENCE} add alertname=HighCPU instance=~"web-.*" 2h deploy` silences what matches, with a reason; '
    "what that hides is shown first\n"
    f"`{SILENCE} add alertname=HighCPU until 14:30` in your own time zone; or `tomorrow 9:00`, `2026-11-24 09:00`\n"
    f"`{SILENCE} extend 019abcde 1h30m` makes one longer, by its id\n"
    f"`{SILENCE} end 019abcde` ends one"
)


def respond(store: Store, command: str, text: str, now: datetime, *, zone: tzinfo = UTC) -> dict[str, Any]:
    """The answer to `command text`, which only who typed it sees. Days begin at midnight of `zone`.

    Raises what the database raises; whatever else is typed has an answer.
    """
    word = " ".join(text.lower().split())
    try:
        if command == STATUS and word != "help":
            return _answer(store.look(lambda c: status.lines(c, word, now)))
        if command == SUMMARY and word != "help":
            wanted = period.read(word, now, zone)
            return _answer(store.look(lambda c: summary.lines(c, wanted)))
        if command == SILENCE and isinstance(silence_words.read(text), Listing):
            return _answer(store.look(lambda c: silence_list.lines(c, now)))
    except Wrong as wrong:
        return refuse(command, wrong)
    return _answer([_usage(command)])


def refuse(command: str, wrong: Wrong) -> dict[str, Any]:
    """What was typed means nothing: why. How all is written stands behind it, where that does not bury the reason."""
    why = mrkdwn.sentence(str(wrong), 300)
    if command == SILENCE and not isinstance(wrong, Unknown):
        return _answer([why])
    return _answer([why, _usage(command)])


def _usage(command: str) -> str:
    return SILENCE_USAGE if command == SILENCE else USAGE


def say(text: str) -> dict[str, Any]:
    """One line, escaped already."""
    return _answer([text])


# A section's text may have 3000 characters (facts of Block Kit), and a line of ours has at most some 500.
_LINES_OF_A_BLOCK = 5


def _answer(lines: Sequence[str]) -> dict[str, Any]:
    groups = [lines[start : start + _LINES_OF_A_BLOCK] for start in range(0, len(lines), _LINES_OF_A_BLOCK)]
    return {
        "response_type": "ephemeral",
        "text": lines[0],
        "blocks": [section("\n".join(group)) for group in groups],
    }
