"""People: accounts as their providers describe them, with the age of what is known."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select, update

from core.domain.person import Person, Provider
from core.store import insert_once
from core.store.tables import people

_NAME = 255
_ID = 64


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `counterpart` is the same human's at the other provider; `counterpart_at` None: never asked."""

    provider: Provider
    id: str
    name: str
    email: str | None
    refreshed_at: datetime
    counterpart: str | None = None
    counterpart_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.provider}:{self.id}"

    def person(self) -> Person:
        ids = {self.provider: self.id, _OTHER[self.provider]: self.counterpart}
        return Person(self.key, self.name, self.email, ids[Provider.SLACK], ids[Provider.PAGERDUTY])


_OTHER = {Provider.SLACK: Provider.PAGERDUTY, Provider.PAGERDUTY: Provider.SLACK}


def accounts(connection: Connection, keys: Collection[str]) -> dict[str, Account]:
    """Those of the Actor keys that are known."""
    wanted: dict[str, list[str]] = {}
    for key in keys:
        provider, id_ = key.split(":", 1)
        wanted.setdefault(provider, []).append(id_)
    if not wanted:
        return {}
    # By provider: of pairs SQLite makes no use of the key, and looks at everybody.
    these = (and_(people.c.provider == provider, people.c.id.in_(ids)) for provider, ids in wanted.items())
    rows = connection.execute(select(people).where(or_(*these)))
    found = [
        Account(
            Provider(row.provider),
            row.id,
            row.name,
            row.email,
            row.refreshed_at,
            row.counterpart,
            row.counterpart_at,
        )
        for row in rows
    ]
    return {account.key: account for account in found}


def find(connection: Connection, keys: Collection[str]) -> dict[str, Person]:
    return {key: account.person() for key, account in accounts(connection, keys).items()}


def keep(connection: Connection, account: Account) -> None:
    """Store what is now known of an account. Two who learn it at once may both write; the later stands."""
    if not account.id or len(account.id) > _ID or not account.id.isascii():
        return
    values = {
        "name": account.name[:_NAME],
        "email": account.email[:_NAME] if account.email else None,
        "refreshed_at": account.refreshed_at,
        "counterpart": account.counterpart,
        "counterpart_at": account.counterpart_at,
    }
    mine = (people.c.provider == account.provider, people.c.id == account.id)
    if connection.execute(update(people).where(*mine).values(values)).rowcount:
        return
    insert_once.into(connection, people, {"provider": account.provider, "id": account.id, **values})
