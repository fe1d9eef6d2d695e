"""The workspace's people. Needs users:read, and users:read.email to join them with PagerDuty's (facts §3.3)."""

from typing import Any

from core.targets.directory import Entry
from core.targets.slack_api import Answer, Api
from core.targets.slack_errors import Failure

_NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})


class SlackDirectory:
    """Implements `core.targets.directory.Directory`."""

    def __init__(self, token: str, api_url: str, timeout: float = 2.0) -> None:
        self._api = Api(token, api_url, timeout)

    def by_id(self, id_: str) -> Entry | None:
        try:
            return _entry(self._api.user(id_))
        except Failure as failure:
            if failure.code in _NOBODY:
                return None
            raise failure.verdict() from None

    def zone(self, id_: str) -> str:
        """The name of somebody's time zone, "" where Slack does not say. Raises Failure."""
        user = self._api.user(id_).get("user")
        return _text(user.get("tz")) if isinstance(user, dict) else ""

    def by_email(self, email: str) -> Entry | None:
        try:
            return _entry(self._api.user_by_email(email))
        except Failure as failure:
            if failure.code in _NOBODY:
                return None
            raise failure.verdict() from None


def _entry(answer: Answer) -> Entry | None:
    user = answer.get("user")
    if not isinstance(user, dict) or not isinstance(user.get("id"), str):
        return None
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    names = (profile.get("real_name"), user.get("real_name"), profile.get("display_name"), user.get("name"))
    return Entry(user["id"], next(filter(None, map(_text, names)), ""), _text(profile.get("email")) or None)


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
