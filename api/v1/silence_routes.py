"""The views of silences, by the names of their operations."""

from collections.abc import Callable, Mapping
from typing import Any

import flask
from sqlalchemy import Connection

from api.errors import Failure, json_answer
from api.parts import Parts
from api.v1 import asked, questions, silence_questions, silence_views
from api.v1.silence_act import Asked, act, look
from core.domain.silence_deed import SilenceVerb
from core.store import silences


def views(parts: Parts) -> dict[str, Callable[..., flask.Response]]:
    def list_silences() -> flask.Response:
        wanted = asked.query(silence_questions.SilencesQuery, flask.request.args)
        now = parts.clock()
        return json_answer(200, parts.store.look(lambda c: silence_views.page(c, wanted, now)))

    def show_silence(silence_id: str) -> flask.Response:
        now = parts.clock()

        def show(connection: Connection) -> dict[str, Any] | None:
            found = silences.load(connection, [_id(silence_id)]).get(silence_id)
            return silence_views.silence_with_record(connection, found, now) if found else None

        told = parts.store.look(show)
        if told is None:
            # A replica may not know the newest yet.
            with parts.store.read() as connection:
                told = show(connection)
        if told is None:
            raise Failure(404, "not_found", "There is no such silence.")
        return json_answer(200, told)

    def make_silence() -> flask.Response:
        told = asked.body(silence_questions.NewSilence)
        if told.pop("dry_run"):
            return look(parts, told)
        return act(parts, _asked(SilenceVerb.MAKE, told))

    def change_silence(silence_id: str) -> flask.Response:
        told = asked.body(silence_questions.SilenceChange)
        return act(parts, _asked(SilenceVerb.CHANGE, told, _id(silence_id)))

    def end_silence(silence_id: str) -> flask.Response:
        return act(parts, _asked(SilenceVerb.END, {}, _id(silence_id)))

    every = (list_silences, show_silence, make_silence, change_silence, end_silence)
    return {view.__name__: view for view in every}


def _asked(verb: SilenceVerb, told: Mapping[str, Any], id_: str | None = None) -> Asked:
    key = asked.headers(questions.ActHeaders)["key"]
    return Asked(verb=verb, name=flask.g.actor, key=key, id=id_, told=told)


def _id(silence_id: str) -> str:
    """MySQL does not compare what is not ASCII with its key columns."""
    return silence_id if silence_id.isascii() else ""
