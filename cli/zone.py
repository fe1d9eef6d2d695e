"""The time zone of this machine, with its rules: an offset alone is wrong on the other side of a change of clocks."""

import os
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

_LOCALTIME = Path("/etc/localtime")


def here() -> tzinfo:
    """TZ's, else the machine's own. What is no known zone, such as `EXA-3`, has the offset that its clock has now."""
    name = os.environ.get("TZ")
    try:
        if name is not None:
            return ZoneInfo(name.removeprefix(":"))
        with _LOCALTIME.open("rb") as rules:
            return ZoneInfo.from_file(rules)
    except (OSError, ValueError, KeyError):
        # ZoneInfo has the last for a name that it does not know, and the others for what can be none.
        return datetime.now().astimezone().tzinfo or UTC
