"""Tokens, scopes and the forms in which arguments come."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import Sandbox, credentials

NEEDED = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.info": "channels:read",
    "users.info": "users:read",
    "users.lookupByEmail": "users:read.email",
}


def raw(sandbox: Sandbox, method: str, **rest: Any) -> dict[str, Any]:
    answer = requests.post(f"{sandbox.slack_api_url}{method}", timeout=5, **rest)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_no_token_a_wrong_one_and_a_revoked_one_have_their_own_codes(sandbox: Sandbox) -> None:
    assert raw(sandbox, "auth.test")["error"] == "not_authed"
    assert raw(sandbox, "auth.test", headers=bearer("xoxb-wrong"))["error"] == "invalid_auth"
    sandbox.slack.token_revoked = True
    assert raw(sandbox, "auth.test", headers=bearer(credentials.SLACK_BOT_TOKEN))["error"] == "token_revoked"


def test_auth_test_says_who_and_where(slack: Any, sandbox: Sandbox) -> None:
    answer = slack.client.auth_test()
    assert answer["url"] == f"{sandbox.url}/"
    assert (answer["user_id"], answer["bot_id"]) == (credentials.SLACK_BOT_USER_ID, credentials.SLACK_BOT_ID)


@pytest.mark.parametrize(("method", "scope"), NEEDED.items())
def test_each_method_needs_its_scope(slack: Any, sandbox: Sandbox, method: str, scope: str) -> None:
    sandbox.slack.scopes -= {scope}
    refused = slack.call(method)
    assert (refused["error"], refused["needed"]) == ("missing_scope", scope)
    assert scope not in refused["provided"].split(",")


def test_an_unknown_method_is_no_page_of_html(slack: Any) -> None:
    assert slack.call("chat.scream")["error"] == "unknown_method"


def test_json_and_form_bodies_are_both_read(sandbox: Sandbox) -> None:
    words = {"channel": credentials.SLACK_CHANNEL, "text": "hello", "blocks": '[{"type": "divider"}]'}
    headers = bearer(credentials.SLACK_BOT_TOKEN)
    assert raw(sandbox, "chat.postMessage", headers=headers, data=words)["ok"]
    assert raw(sandbox, "chat.postMessage", headers=headers, json=words)["ok"]
    broken = {**headers, "Content-Type": "application/json"}
    assert raw(sandbox, "chat.postMessage", headers=broken, data=b"{")["error"] == "invalid_json"
    assert raw(sandbox, "chat.postMessage", headers=broken, data=b"[]")["error"] == "json_not_object"


def test_people_have_an_address_only_where_slack_may_tell_it(slack: Any, sandbox: Sandbox) -> None:
    def profile(user: str | None) -> dict[str, Any]:
        found: dict[str, Any] = slack.client.users_info(user=user)["user"]["profile"]
        return found

    assert profile(credentials.ADA.slack_id)["email"] == credentials.ADA.email
    assert "email" not in profile(credentials.DORA.slack_id)
    sandbox.slack.scopes -= {"users:read.email"}
    assert "email" not in profile(credentials.ADA.slack_id)


def test_a_person_is_found_by_address_or_not_in_the_plural(slack: Any) -> None:
    found = slack.client.users_lookupByEmail(email=str(credentials.EMIL.email).upper())
    assert found["user"]["id"] == credentials.EMIL.slack_id
    assert slack.call("users.lookupByEmail", email="nobody@sandbox.example")["error"] == "users_not_found"
    assert slack.call("users.info", user="U0NOBODY")["error"] == "user_not_found"


def test_a_channel_tells_its_name_and_our_membership(slack: Any) -> None:
    told = slack.client.conversations_info(channel=credentials.SLACK_CHANNEL_NOT_MEMBER)["channel"]
    assert (told["name"], told["is_member"], told["is_archived"]) == ("general", False, False)


def test_every_answer_to_a_good_token_names_its_scopes(sandbox: Sandbox) -> None:
    def scopes(token: str) -> str | None:
        answer = requests.post(f"{sandbox.slack_api_url}auth.test", headers=bearer(token), timeout=5)
        return answer.headers.get("X-OAuth-Scopes")

    assert scopes(credentials.SLACK_BOT_TOKEN) == ",".join(sorted(credentials.SLACK_SCOPES))
    assert scopes("xoxb-wrong") is None
