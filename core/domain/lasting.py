"""Since when an alert burns and for how long it did: reckoned once, so that every place says the same."""

from datetime import datetime, timedelta

from core.domain.alert import Facts

_BEFORE_PROMETHEUS = 2010


def began(facts: Facts) -> datetime:
    """Since when it fires. A start after our own receipt, or before there was Prometheus, is a clock gone wrong."""
    starts_at, fired_at = facts.starts_at, facts.fired_at
    return fired_at if starts_at > fired_at or starts_at.year < _BEFORE_PROMETHEUS else starts_at


def lasted(facts: Facts) -> timedelta:
    """How long a resolved alert burned; by hand it ended when somebody said so."""
    ends = [at for at in (facts.closed_at, facts.ends_at, facts.resolved_at) if at and at >= began(facts)]
    return ends[0] - began(facts) if ends else timedelta()
