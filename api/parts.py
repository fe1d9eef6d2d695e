"""What the receiver is made of, put together by whoever starts it: the application itself reads no settings."""

from collections.abc import Callable
from dataclasses import dataclass, field

from api.authentication import Authentication
from api.intake import Intake
from core.store.clock import Clock
from core.store.engine import Store


@dataclass(frozen=True, slots=True)
class Parts:
    """`migrated` says whether the database has the tables that this program expects. `api` is who may use the API."""

    intake: Intake
    store: Store
    clock: Clock
    authentication: Authentication
    max_body_bytes: int
    migrated: Callable[[], bool]
    api: Authentication = field(default_factory=Authentication)
