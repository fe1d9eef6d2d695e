"""Faults of keys that are each in order but do not go together, told beside the faults of the keys themselves.

Read off the raw tree, since of a file with other faults there are no settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from marshmallow import ValidationError, missing

from config import reference
from config.document import Tree, at
from config.faults import Fault, under


def together(
    shaped: Mapping[str, Tree], faults: list[Fault], unset: Mapping[str, tuple[str, ...]]
) -> Iterator[Fault]:
    """`faults` are those already found: of a key that has one nothing more is said."""
    yield from _nobody_told(shaped, faults)
    yield from _two_credentials(shaped)
    yield from _ack_silences(shaped, faults, unset)


def _nobody_told(shaped: Mapping[str, Tree], faults: list[Fault]) -> Iterator[Fault]:
    blocks = ("slack", "pagerduty")
    if any(block in shaped or any(under(fault.path, block) for fault in faults) for block in blocks):
        return
    yield Fault(
        "slack.enabled",
        "neither Slack nor PagerDuty is enabled, so nobody would be told of an alert",
        "fill in the slack or the pagerduty block and write enabled: true there",
    )


def _two_credentials(shaped: Mapping[str, Tree]) -> Iterator[Fault]:
    token, basic = "alertmanager.api_bearer_token", "alertmanager.api_basic_auth"
    if at(shaped, token) is not None and at(shaped, basic) is not None:
        yield Fault(basic, f"is given and {token} too", "keep the one that Alertmanager asks for")


def _ack_silences(
    shaped: Mapping[str, Tree], faults: list[Fault], unset: Mapping[str, tuple[str, ...]]
) -> Iterator[Fault]:
    key, url = "alerting.ack_silences", "alertmanager.url"
    if _meant(shaped, key) is not True or _meant(shaped, url) != ():
        return
    if any(under(fault.path, url) or under(url, fault.path) for fault in faults):
        return
    wanted = dict.fromkeys(chain(*(names for path, names in unset.items() if under(path, url))))
    remedy = f"set {' and '.join(wanted)}" if wanted else "write where Alertmanager's API is"
    yield Fault(
        key,
        f"needs {url}: of what is silenced Alertmanager sends no resolve, and only its list tells",
        f"{remedy}, or write ack_silences: false",
    )


def _meant(shaped: Mapping[str, Tree], path: str) -> object:
    """What the key means by itself; None where it cannot be read, which is a fault of its own."""
    value = at(shaped, path)
    try:
        return reference.entries()[path].deserialize(missing if value is None else value)
    except ValidationError:
        return None
