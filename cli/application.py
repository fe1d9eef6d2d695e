"""The receiver's application: granian calls `build` in its child process."""

import atexit
import os
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from api.app import create_app
from api.authentication import Authentication
from api.intake import Intake
from api.parts import Parts, SlackParts
from api.signatures import PagerDutySignatures, SlackSignatures
from api.slack_note import OPEN_PATIENCE
from cli.assemble import reconciled_sources, silence_rules
from cli.database import bring_up, open_store
from cli.lifeline import hold_on_to_spawner
from cli.places import hints_folder
from config import load
from config.secret import Secret
from config.settings import Settings
from core import log
from core.commands import respond
from core.domain.errors import Conflict
from core.store import fitness
from core.store.clock import clock_of
from core.store.engine import Store
from core.store.fitness import Unfit
from core.store.migrate import CannotMigrate, is_current
from core.store.trouble import Away
from core.targets.slack_api import Api
from core.targets.slack_directory import SlackDirectory
from workers.app import make_celery
from workers.hints import Hints

_log = structlog.get_logger()


def build() -> Any:
    """The WSGI application, from the configuration that CONFIG_PATH names."""
    hold_on_to_spawner()
    settings = load(None, os.environ)
    log.configure(settings.logging.level, settings.logging.format, settings.secrets())
    store = open_store(settings)
    _migrate(settings, store)
    broker = settings.broker.url.reveal() if settings.broker.url else None
    hints = Hints(make_celery(broker, hints_folder(settings), publishes=True))
    clock = clock_of(store)
    intake = Intake(store, clock, hints.lane)
    atexit.register(intake.stop)
    return create_app(
        Parts(
            intake=intake,
            store=store,
            clock=clock,
            authentication=_authentication(settings),
            max_body_bytes=settings.server.max_body_bytes,
            migrated=lambda: is_current(store),
            fit=lambda: _is_fit(settings, store),
            hinted=lambda: hints.taken,
            slack=_slack(settings, store),
            pagerduty=_pagerduty(settings),
            reconciled=reconciled_sources(settings),
            api=Authentication(
                source_tokens=tuple((named.name, named.token.reveal()) for named in settings.api.tokens)
            ),
            rules=silence_rules(settings),
        )
    )


def _migrate(settings: Settings, store: Store) -> None:
    """Not this time is no reason to stay away: the answer is 503 until a worker has done it."""
    try:
        bring_up(settings, store)
    except Away as error:
        _log.error("the database does not answer", detail=str(error).splitlines()[0])
    except Unfit as unfit:
        _say_unfit(unfit)
    except (CannotMigrate, Conflict, DBAPIError) as error:
        _log.error(
            "the tables are not current", error=type(error).__name__, detail=str(error).splitlines()[0]
        )


def _is_fit(settings: Settings, store: Store) -> bool:
    try:
        fitness.require(store, settings.server.max_body_bytes)
    except Unfit as unfit:
        _say_unfit(unfit)
        return False
    return True


def _say_unfit(unfit: Unfit) -> None:
    _log.error("the database is not fit", detail=str(unfit))


def _authentication(settings: Settings) -> Authentication:
    ours = settings.alertmanager
    return Authentication(
        tokens=tuple(token.reveal() for token in ours.bearer_token),
        source_tokens=tuple((named.name, named.token.reveal()) for named in ours.source_tokens),
        basic=(ours.basic_auth.username, ours.basic_auth.password.reveal()) if ours.basic_auth else None,
        webhook_secrets=_revealed(ours.webhook_secret),
    )


def _slack(settings: Settings, store: Store) -> SlackParts | None:
    slack = settings.slack
    if slack is None:
        return None
    token, url = slack.bot_token.reveal(), slack.api_url
    return SlackParts(
        signatures=SlackSignatures(_revealed(slack.signing_secret)),
        open_view=Api(token, url, OPEN_PATIENCE).open_view,
        commands=lambda command, text, _, now: respond(store, command, text, now),
        silence_durations=settings.alerting.silence_durations,
        zone=SlackDirectory(token, url).zone,
    )


def _pagerduty(settings: Settings) -> PagerDutySignatures | None:
    pagerduty = settings.pagerduty
    return PagerDutySignatures(_revealed(pagerduty.webhook_secret)) if pagerduty else None


def _revealed(secrets: tuple[Secret, ...]) -> tuple[str, ...]:
    return tuple(secret.reveal() for secret in secrets)
