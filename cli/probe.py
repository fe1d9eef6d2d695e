"""Would the targets take calls, and could the database hold a bridge? Asked without changing anything."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from cli.assemble import make_alertmanagers, make_targets
from cli.database import open_store
from cli.failures import database_failures
from cli.places import NotHere
from config.secret import Secret
from config.settings import PagerDuty, Settings, Slack
from core.domain.errors import Verdict
from core.store import fitness
from core.store.gauges import is_read_only
from core.store.migrate import HALF_A_COPY, is_unfinished_copy
from core.targets.alertmanager import AlertmanagerTarget
from core.targets.pagerduty_client import Rest
from core.targets.slack import SlackTarget
from core.targets.slack_directory import SlackDirectory
from workers.app import make_celery

_PATIENCE = 5.0
# The names that redis-py and py-amqp have for it.
_REFUSALS = {"AuthenticationError", "AuthenticationWrongNumberOfArgsError", "AccessRefused", "NotAllowed"}


def probe(settings: Settings, say: Callable[[str], object]) -> int:
    """Say how the database and each target answer; 1 where one is not fit for it."""
    asked: dict[str, Callable[[], str]] = {}
    if settings.storage.mysql is not None:
        asked["mysql"] = partial(_mysql, settings)
    if settings.broker.url is not None:
        asked["broker"] = partial(_broker, settings.broker.url)
    for name, target in make_targets(settings).items():
        if isinstance(target, SlackTarget):
            asked[name] = partial(_slack, target, settings.slack)
        else:
            asked[name] = partial(_pagerduty, settings.pagerduty)
    for name, alertmanager in make_alertmanagers(settings).items():
        asked[name] = partial(_alertmanager, alertmanager)
    bad = 0
    for name, ask in asked.items():
        try:
            answer = ask()
        except (Verdict, NotHere) as verdict:
            bad = 1
            answer = str(verdict)
        say(f"{name}: {answer}")
    return bad


def _mysql(settings: Settings) -> str:
    """Also the replica, which is no fault: the primary answers in its place."""
    with database_failures():
        store = open_store(settings)
        try:
            fitness.require(store, settings.server.max_body_bytes)
            if is_unfinished_copy(store):
                raise NotHere(HALF_A_COPY)
            with store.read() as connection:
                if is_read_only(connection):
                    raise NotHere("read-only: nothing can be stored; name a server that takes writes")
            trouble = store.replica.trouble if store.replica else None
        finally:
            store.close()
    return f"ok, but the replica is not used: {trouble}" if trouble else "ok"


def _broker(url: Secret) -> str:
    """One that is away is no fault: without it everything goes on, some seconds later. One that refuses us is."""
    try:
        with make_celery(url.reveal(), Path(), publishes=True).connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=_PATIENCE)
    except Exception as error:  # noqa: BLE001 (any broker's error, whose text may hold the password)
        causes = list(_causes(error))
        if any(type(each).__name__ in _REFUSALS for each in causes):
            raise NotHere(
                "refused: look at the user, the password and the virtual host in broker.url"
            ) from None
        why = next((each.strerror for each in causes if isinstance(each, OSError) and each.strerror), None)
        return (
            f"cannot be reached ({why or type(error).__name__}): work goes on without it, some seconds later"
        )
    return "ok"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _alertmanager(target: AlertmanagerTarget) -> str:
    target.probe()
    return f"ok, but {target.trouble}" if target.trouble else "ok"


def _slack(target: SlackTarget, settings: Slack | None) -> str:
    target.probe()
    lacks = []
    if target.can_read_history is False:
        lacks.append("it cannot read the channel: after a lost answer it posts again")
    if settings is not None and not _knows_people(settings):
        lacks.append("it cannot tell who people are: add users:read and users:read.email")
    return ", but ".join(["ok", *lacks])


def _knows_people(settings: Slack) -> bool:
    """Asked for an address that nobody has (RFC 2606)."""
    try:
        SlackDirectory(settings.bot_token.reveal(), settings.api_url).by_email("nobody@alert-bridge.invalid")
    except Verdict:
        return False
    return True


def _pagerduty(settings: PagerDuty | None) -> str:
    """The target's own probe forgives: a token that is refused costs names and links, and no page."""
    if settings is None or settings.api_token is None:
        return "not asked: without pagerduty.api_token only an alert shows whether the routing key is good"
    Rest(settings.api_token.reveal(), settings.api_url).get("/incidents", {"limit": 1})
    return "ok, as far as pagerduty.api_token goes: only an alert shows whether the routing key is good"
