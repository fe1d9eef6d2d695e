"""The part of the REST API about webhook subscriptions that one needs once there is one: see it, test it, enable it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from sandbox import credentials, gate
from sandbox.pagerduty.errors import RestError, not_found
from sandbox.pagerduty.query import page_of
from sandbox.pagerduty.webhooks import Webhooks


def add(blueprint: Blueprint, webhooks: Webhooks) -> None:
    def know(key: str) -> None:
        if key != credentials.PAGERDUTY_SUBSCRIPTION_ID:
            raise not_found()

    @blueprint.get("/webhook_subscriptions")
    def subscriptions() -> Response:
        return jsonify(page_of("webhook_subscriptions", [webhooks], Webhooks.answer, request.args))

    @blueprint.get("/webhook_subscriptions/<key>")
    def subscription(key: str) -> Response:
        know(key)
        return jsonify(webhook_subscription=webhooks.answer())

    @blueprint.post("/webhook_subscriptions/<key>/enable")
    def enable(key: str) -> Response:
        know(key)
        webhooks.enabled = True
        gate.note(summary="enabled")
        return jsonify(webhook_subscription=webhooks.answer())

    @blueprint.post("/webhook_subscriptions/<key>/ping")
    def ping(key: str) -> tuple[Response, int]:
        know(key)
        if not webhooks.enabled:
            raise RestError(400, 2001, "Webhook Subscription Is Disabled")
        webhooks.ping()
        return jsonify({}), 202
