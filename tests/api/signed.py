"""Requests as Slack and PagerDuty sign them."""

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode

import orjson

SLACK_SECRET = "slack-test-secret"
PAGERDUTY_SECRET = "pd-test-secret-1"

ALERT = "01993e00-0000-7000-8000-000000000001"
CHANNEL = "C0SANDBOX1"
MESSAGE = "1700000000.000100"
ADA = {"id": "U0ADA", "username": "ada", "name": "ada.example", "team_id": "T0SANDBOX"}


def hexdigest(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def slack_headers(body: bytes, secret: str = SLACK_SECRET, at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": "v0=" + hexdigest(secret, f"v0:{stamp}:".encode() + body),
    }


def pagerduty_headers(body: bytes, secret: str = PAGERDUTY_SECRET, **more: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-PagerDuty-Signature": f"v1={hexdigest(secret, body)}",
        "X-Webhook-Id": "webhook-1",
        **more,
    }


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def interaction(payload: Any) -> bytes:
    return form(payload=orjson.dumps(payload).decode())


def click(action: Any = None, **changed: Any) -> bytes:
    """Somebody presses a button of a message in a channel."""
    pressed = (
        {"action_id": "acknowledge", "value": f"{ALERT}:1", "type": "button"} if action is None else action
    )
    return interaction(
        {
            "type": "block_actions",
            "user": ADA,
            "container": {"type": "message_attachment", "message_ts": MESSAGE, "channel_id": CHANNEL},
            "channel": {"id": CHANNEL, "name": "alerts"},
            "trigger_id": "12345.98765.abcd",
            "actions": [{"action_ts": "1700000005.123456", **pressed}],
            **changed,
        }
    )


def menu(value: str, **changed: Any) -> bytes:
    """Somebody chooses an item of the message's menu."""
    return click({"action_id": "more", "type": "overflow", "selected_option": {"value": value}}, **changed)


def note(text: Any, **changed: Any) -> bytes:
    """Somebody submits the modal in which a note is written."""
    about = {"alert_id": ALERT, "occurrence": 2, "channel": CHANNEL, "message_ts": MESSAGE}
    view = {
        "type": "modal",
        "callback_id": "note",
        "private_metadata": orjson.dumps(about).decode(),
        "state": {"values": {"note": {"text": {"type": "plain_text_input", "value": text}}}},
        **changed,
    }
    return interaction({"type": "view_submission", "user": ADA, "view": view})


def incident(**changed: Any) -> dict[str, Any]:
    return {
        "id": "PINC001",
        "type": "incident",
        "html_url": "https://sandbox.example/incidents/PINC001",
        "number": 42,
        "status": "triggered",
        "incident_key": None,
        "title": "[CRITICAL] HighCPU on web-1",
        "service": {"id": "PSVC001", "type": "service_reference", "summary": "Sandbox service"},
        "assignees": [{"id": "PUADA01", "type": "user_reference", "summary": "Ada Example"}],
        "escalation_policy": {"id": "PESC001", "summary": "Night shift"},
        "priority": None,
        "resolve_reason": None,
        **changed,
    }


def webhook(event_type: str = "incident.acknowledged", data: Any = None, **changed: Any) -> bytes:
    """One of PagerDuty's webhooks v3."""
    event = {
        "id": "01TESTEVENT0000000000000001",
        "event_type": event_type,
        "resource_type": "incident",
        "occurred_at": "2026-11-23T12:00:05.123Z",
        "agent": {"id": "PUADA01", "type": "user_reference", "summary": "Ada Example"},
        "client": None,
        "data": incident() if data is None else data,
        **changed,
    }
    return orjson.dumps({"event": event})
