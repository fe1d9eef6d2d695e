"""People: who is behind an actor, and who that is at the other provider. Cached in the database, with an age.

Nothing waits for this but the name: a look-up that fails is left alone for a while, and whoever acted is then called
what the click or the webhook called them. Calls providers, so never inside a transaction.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from core.bridge import Bridge
from core.domain.errors import Verdict
from core.domain.person import Actor, Person, Provider
from core.store import people
from core.store.people import Account
from core.targets.directory import Entry

log = structlog.get_logger()

FRESH = timedelta(hours=24)
"""How long a name and an address are believed without asking again."""
STRANGER = timedelta(minutes=10)
"""How long it is believed that somebody has no address, or no account at the other provider."""
_OTHER = {Provider.SLACK: Provider.PAGERDUTY, Provider.PAGERDUTY: Provider.SLACK}


def introduce(bridge: Bridge, actor: Actor) -> Person:
    """The human behind an actor, as far as it is known or can be asked now."""
    if not actor.is_person:
        return Person(actor.key, actor.name)
    known = _account(bridge, actor.key)
    now = bridge.clock()
    if known is None or now - known.refreshed_at > (FRESH if known.email else STRANGER):
        known = _refresh(bridge, actor, known, now) or known
    if known is None:
        return _as_named(actor)
    return replace(known.person(), name=known.name or actor.name)


def complete(bridge: Bridge, person: Person, provider: Provider) -> Person:
    """The same person with their account at `provider`, where they have one and it can be asked now."""
    own = person.provider
    if own is provider or own not in _OTHER or provider not in bridge.directories:
        return person
    account = _account(bridge, person.key)
    if account is None or not account.email:
        introduced = introduce(bridge, Actor(own, person.key.partition(":")[2], person.name))
        account = _account(bridge, person.key)
        if account is None or not account.email:
            return introduced
    now = bridge.clock()
    age = FRESH if account.counterpart else STRANGER
    if account.counterpart_at is None or now - account.counterpart_at > age:
        account = _join(bridge, account, account.email or "", provider, now)
    return replace(account.person(), name=account.name or person.name)


def could_not_be_asked(bridge: Bridge, person: Person, provider: Provider) -> bool:
    """Whether nobody has found out yet if this person has an account at `provider`, though that can be asked."""
    own = person.provider
    if own is provider or own not in _OTHER or provider not in bridge.directories:
        return False
    account = _account(bridge, person.key)
    return account is None or (account.email is not None and account.counterpart_at is None)


def _refresh(bridge: Bridge, actor: Actor, known: Account | None, now: datetime) -> Account | None:
    directory = bridge.directories.get(actor.provider)
    if directory is None or not bridge.patience.allows(actor.provider, now):
        return None
    try:
        entry = directory.by_id(actor.id)
    except Verdict as verdict:
        _failed(bridge, actor.provider, verdict, now)
        return None
    fresh = _fresh(actor, entry, known, now)
    bridge.store.transact(lambda connection: people.keep(connection, fresh))
    return fresh


def _fresh(actor: Actor, entry: Entry | None, known: Account | None, now: datetime) -> Account:
    name, email = (entry.name, entry.email) if entry else (actor.name, None)
    email = email.strip().casefold() if email else None
    account = Account(actor.provider, actor.id, name or actor.name, email, now)
    if known is not None and known.email == email:
        return replace(account, counterpart=known.counterpart, counterpart_at=known.counterpart_at)
    return account


def _join(bridge: Bridge, account: Account, email: str, provider: Provider, now: datetime) -> Account:
    if not bridge.patience.allows(provider, now):
        return account
    try:
        entry = bridge.directories[provider].by_email(email)
    except Verdict as verdict:
        _failed(bridge, provider, verdict, now)
        return account
    joined = replace(account, counterpart=entry.id if entry else None, counterpart_at=now)
    bridge.store.transact(lambda connection: people.keep(connection, joined))
    return joined


def _as_named(actor: Actor) -> Person:
    own = {actor.provider: actor.id}
    return Person(
        actor.key,
        actor.name or actor.id,
        slack_id=own.get(Provider.SLACK),
        pagerduty_id=own.get(Provider.PAGERDUTY),
    )


def _failed(bridge: Bridge, provider: Provider, verdict: Verdict, now: datetime) -> None:
    bridge.patience.lose(provider, now)
    log.warning(
        "nobody could be looked up", provider=provider.value, reason=verdict.reason, detail=verdict.detail
    )


def _account(bridge: Bridge, key: str) -> Account | None:
    with bridge.store.read() as connection:
        return people.accounts(connection, [key]).get(key)
