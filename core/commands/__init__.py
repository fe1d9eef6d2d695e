"""Slash commands: what they answer, from an indexed read, as the JSON that Slack takes. Knows no web framework."""

from core.commands.answer import respond

__all__ = ["respond"]
