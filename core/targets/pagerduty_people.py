"""PagerDuty's people and what its incidents hold, asked through the REST API."""

from typing import Any
from urllib.parse import quote

from core.domain.errors import Permanent, Verdict
from core.targets.directory import Entry
from core.targets.pagerduty_client import Reason, Rest

_PAGE = 100


class PagerDutyDirectory:
    """Implements `core.targets.directory.Directory`. Sees what its token sees."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def by_id(self, id_: str) -> Entry | None:
        body = _unless_gone(self._rest, f"/users/{quote(id_, safe='')}")
        return _entry(body.get("user")) if body else None

    def by_email(self, email: str) -> Entry | None:
        # The query also finds the address as part of another one, or in a name.
        body = self._rest.get("/users", {"query": email, "limit": _PAGE})
        users = body.get("users")
        found = [_entry(user) for user in users] if isinstance(users, list) else []
        wanted = email.strip().casefold()
        return next((it for it in found if it and it.email and it.email.casefold() == wanted), None)


class PagerDutyIncidents:
    """Implements `core.targets.directory.Incidents`."""

    def __init__(self, rest: Rest, service_id: str | None) -> None:
        self._rest = rest
        self._service_id = service_id

    def may_hold_ours(self, service_id: str) -> bool:
        return not self._service_id or not service_id or service_id == self._service_id

    def keys(self, incident_id: str) -> list[str]:
        path = f"/incidents/{quote(incident_id, safe='')}/alerts"
        body = _unless_gone(self._rest, path, {"limit": _PAGE})
        alerts = body.get("alerts") if body else None
        keys = (
            [it.get("alert_key") for it in alerts if isinstance(it, dict)] if isinstance(alerts, list) else []
        )
        return [key for key in keys if isinstance(key, str)]


def _unless_gone(rest: Rest, path: str, params: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """None for a 404, which here means that this one thing is not there, and not that the address is wrong."""
    try:
        return rest.get(path, params)
    except Permanent:
        return None
    except Verdict as verdict:
        if verdict.reason == Reason.WRONG_ADDRESS:
            return None
        raise


def _entry(user: Any) -> Entry | None:
    if not isinstance(user, dict) or not isinstance(user.get("id"), str):
        return None
    name, email = user.get("name") or user.get("summary"), user.get("email")
    return Entry(
        user["id"], name if isinstance(name, str) else "", email if isinstance(email, str) and email else None
    )
