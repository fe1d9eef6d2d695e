"""views.open, views.push, views.update: the app puts a modal in front of a person who has just clicked."""

from __future__ import annotations

from sandbox.slack import views
from sandbox.slack.arguments import Answer, Arguments, text
from sandbox.slack.errors import SlackError
from sandbox.slack.modal_rules import read_view
from sandbox.slack.world import SlackWorld


def open_view(world: SlackWorld, arguments: Arguments) -> Answer:
    trigger = world.triggers.exchange(text(arguments, "trigger_id"))
    modal = world.modals.show(trigger.person, read_view(arguments.get("view")))
    return {"view": views.modal_answer(modal)}


def push_view(world: SlackWorld, arguments: Arguments) -> Answer:
    """Only from a click inside a modal; elsewhere there is nothing to lay the view on."""
    trigger = world.triggers.exchange(text(arguments, "trigger_id"))
    view = read_view(arguments.get("view"))
    below = world.modals.find(trigger.view or "")
    if below is None:
        raise SlackError("invalid_trigger_id")
    return {"view": views.modal_answer(world.modals.push(below, view))}


def update_view(world: SlackWorld, arguments: Arguments) -> Answer:
    name = "view_id" if arguments.get("view_id") else "external_id"
    wanted = text(arguments, name)
    view = read_view(arguments.get("view"))
    modal = world.modals.find(wanted)
    if modal is None:
        raise SlackError("not_found")
    known = arguments.get("hash")
    world.modals.change(modal, view, str(known) if known else None)
    return {"view": views.modal_answer(modal)}
