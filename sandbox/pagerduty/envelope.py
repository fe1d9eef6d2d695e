"""A webhook as it goes over the wire (PagerDuty, "Webhooks: Overview", "Signatures"): envelope, signature, headers."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from sandbox import credentials
from sandbox.pagerduty import references
from sandbox.pagerduty.model import AccountEvent

PATH = "/pagerduty/webhook"


class Request(NamedTuple):
    """One POST to the bridge, built and not yet sent."""

    path: str
    headers: dict[str, str]
    body: bytes


def build(url: str, event: AccountEvent, secrets: Sequence[str]) -> Request:
    """Signed with every secret there is; the webhook's id is the same on each attempt."""
    body = orjson.dumps(envelope(url, event))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "PagerDuty-Webhook/V3.0",
        "X-Webhook-Id": str(uuid.uuid5(uuid.NAMESPACE_URL, event.id)),
        "X-Webhook-Subscription": credentials.PAGERDUTY_SUBSCRIPTION_ID,
    }
    if secrets:
        headers["X-PagerDuty-Signature"] = signature(secrets, body)
    return Request(PATH, headers, body)


def signature(secrets: Sequence[str], body: bytes) -> str:
    return ",".join(f"v1={hmac.new(one.encode(), body, hashlib.sha256).hexdigest()}" for one in secrets)


def envelope(url: str, event: AccountEvent) -> dict[str, Any]:
    at = datetime.fromtimestamp(event.occurred_at, UTC).isoformat(timespec="milliseconds")
    return {
        "event": {
            "id": event.id,
            "event_type": event.event_type,
            "resource_type": event.event_type.partition(".")[0],
            "occurred_at": at.replace("+00:00", "Z"),
            "agent": references.agent(url, event.agent) if event.agent else None,
            "client": event.client,
            "data": event.data,
        }
    }
