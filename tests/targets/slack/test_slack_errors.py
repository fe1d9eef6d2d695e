"""Every way Slack can say no, through real HTTP, to its verdict."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core.domain.alert import Alert
from core.domain.errors import Blocked, Permanent, Transient, Verdict
from core.targets.slack_errors import _WAITS, FAULTS, Fault, refused
from core.targets.target import Remote
from sandbox import credentials

Story = Any
"""The fixture `story`; its class is in conftest.py, which is no module to import from."""

VERDICTS = {
    Fault.RATE_LIMITED: Transient,
    Fault.UNCLEAR: Transient,
    Fault.UNAVAILABLE: Transient,
    Fault.CONFIGURATION: Blocked,
    Fault.CHANNEL: Blocked,
    Fault.PAYLOAD: Permanent,
    Fault.MESSAGE_GONE: Transient,
}
# facts/slack.md, section 6, word for word.
LISTED = """
ratelimited rate_limited message_limit_exceeded internal_error fatal_error service_unavailable request_timeout
team_added_to_org org_login_required external_channel_migrating update_failed streaming_state_conflict
invalid_auth not_authed token_revoked token_expired account_inactive missing_scope not_allowed_token_type
no_permission access_denied accesslimited app_access_restricted team_access_not_granted ekm_access_denied
two_factor_setup_required restricted_action restricted_action_read_only_channel
restricted_action_thread_only_channel restricted_action_non_threadable_channel restricted_action_thread_locked
channel_not_found not_in_channel is_archived is_inactive cannot_reply_to_message messages_tab_disabled
invalid_blocks invalid_blocks_format msg_too_long msg_blocks_too_long no_text too_many_attachments
invalid_arguments invalid_metadata_format invalid_metadata_schema metadata_too_large markdown_text_conflict
block_mismatch attachment_payload_limit_exceeded message_not_found cant_update_message edit_window_closed
"""


def verdict_of(story: Story, alert: Alert, before: Remote | None = None, **settings: Any) -> Verdict:
    with pytest.raises(Verdict) as raised:
        story.attempt(alert, before or {}, story.another(**settings) if settings else story.target)
    assert credentials.SLACK_BOT_TOKEN not in f"{raised.value!r} {raised.value} {raised.value.__context__!r}"
    return raised.value


def test_the_table_names_every_listed_code() -> None:
    assert set(LISTED.split()) - FAULTS.keys() == set()


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_a_refused_post_has_the_verdict_of_the_table(story: Story, firing: Alert, code: str) -> None:
    story.sandbox.faults.add("slack", "error", method="chat.postMessage", error=code)
    verdict = verdict_of(story, firing)
    fault = FAULTS[code]
    assert type(verdict) is VERDICTS[fault]
    assert verdict.reason == fault
    assert verdict.detail.startswith(code)
    in_doubt = {"posting": {"since": story.now.isoformat(), "tried": story.now.isoformat()}}
    assert verdict.remote == (in_doubt if fault is Fault.UNCLEAR else {})
    if isinstance(verdict, Transient):
        assert verdict.budget == ("post" if fault is Fault.RATE_LIMITED else None)
        assert verdict.retry_after == (5.0 if fault is Fault.UNCLEAR else _WAITS.get(code))
    assert story.sandbox.traffic.count("slack", "chat.postMessage") == (2 if fault is Fault.PAYLOAD else 1)


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_a_refused_edit_has_the_verdict_of_the_table(story: Story, firing: Alert, code: str) -> None:
    shown = story.attempt(firing, {}).remote
    story.sandbox.faults.add("slack", "error", method="chat.update", error=code)
    verdict = verdict_of(story, firing, shown)
    assert type(verdict) is VERDICTS[FAULTS[code]]
    gone = FAULTS[code] is Fault.MESSAGE_GONE
    assert verdict.remote == ({"gone": shown["ts"]} if gone else shown)


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
@pytest.mark.parametrize(("retry_after", "waited"), [(7, 7.0), (None, 10.0), (100_000, 3600.0)])
def test_a_429_says_how_long_and_which_budget(
    story: Story, firing: Alert, method: str, retry_after: int | None, waited: float
) -> None:
    before = {} if method == "chat.postMessage" else story.attempt(firing, {}).remote
    story.sandbox.faults.add("slack", "rate_limit", method=method, retry_after=retry_after)
    verdict = verdict_of(story, firing, before)
    assert isinstance(verdict, Transient)
    assert verdict.reason == Fault.RATE_LIMITED
    assert verdict.retry_after == waited
    assert verdict.budget == ("post" if method == "chat.postMessage" else "edit")
    assert verdict.remote == before


def test_a_429_without_a_word_of_slacks_is_one_too(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "rate_limit", method="chat.postMessage", retry_after=3, empty_body=True)
    verdict = verdict_of(story, firing)
    assert (verdict.reason, verdict.remote) == (Fault.RATE_LIMITED, {})


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502, "empty_body": True},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 404},
        {"kind": "refuse"},
        {"kind": "lose_answer"},
        {"kind": "hang", "seconds": 1.5},
        {"kind": "error", "error": "internal_error"},
        {"kind": "error", "error": "<html>no code</html>"},
    ],
)
def test_what_is_no_clear_answer_leaves_a_doubt(story: Story, firing: Alert, fault: dict[str, Any]) -> None:
    story.sandbox.faults.add("slack", method="chat.postMessage", **fault)
    verdict = verdict_of(story, firing, timeout=1.0)
    assert isinstance(verdict, Transient)
    assert verdict.reason == Fault.UNCLEAR
    assert verdict.remote == {"posting": {"since": story.now.isoformat(), "tried": story.now.isoformat()}}
    assert verdict.retry_after == 5.0


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_connection_that_never_was_leaves_no_doubt(story: Story, firing: Alert, host: str) -> None:
    verdict = verdict_of(story, firing, api_url=f"http://{host}:{closed_port()}/api/")
    assert isinstance(verdict, Transient)
    assert (verdict.reason, verdict.remote) == (Fault.UNREACHABLE, {})


@pytest.mark.parametrize(
    ("answer", "headers"),
    [
        (b"[]", b"application/json"),
        (b"", b"application/json"),
        (b"null", b"application/json"),
        (b'{"ok": true}', b"application/json"),
        (b"\xff\xfe", b"text/plain"),
        (b"\x1f\x8b", b"application/gzip"),
        (b'{"ok": false}', b"application/json"),
        (b'{"ok": false, "error": 7}', b"application/json"),
    ],
)
def test_an_answer_that_is_not_slacks_leaves_a_doubt(
    story: Story, firing: Alert, saying: Callable[[bytes], Any], answer: bytes, headers: bytes
) -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
    with saying(body % (headers, len(answer), answer)) as url:
        verdict = verdict_of(story, firing, api_url=url)
    assert isinstance(verdict, Transient)
    assert (verdict.reason, verdict.detail) == (Fault.UNCLEAR, "not_an_answer_of_slack")


def test_an_unknown_code_is_tried_again_and_leaves_no_doubt(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "error", method="chat.postMessage", error="quite_new_error")
    verdict = verdict_of(story, firing)
    assert isinstance(verdict, Transient)
    assert (verdict.reason, verdict.detail, verdict.remote) == (Fault.UNKNOWN, "quite_new_error", {})


def test_new_members_of_a_family_are_recognised() -> None:
    assert refused("restricted_action_new_rule").fault is Fault.CONFIGURATION
    assert refused("invalid_metadata_size").fault is Fault.PAYLOAD


def test_a_missing_scope_is_named(story: Story, firing: Alert) -> None:
    story.sandbox.slack.scopes = frozenset()
    verdict = verdict_of(story, firing)
    assert isinstance(verdict, Blocked)
    assert verdict.detail == "missing_scope: add the scope and install the app again (chat:write)"


def test_a_refused_payload_is_sent_once_more_as_plain_text(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "error", method="chat.postMessage", error="invalid_blocks", times=1)
    shown = story.attempt(firing, {}).remote
    [message] = story.sandbox.slack.messages
    assert (message.text, message.blocks) == ("CRITICAL HighCPU on web-1: above 90% for 5 min", [])
    assert message.metadata
    story.sandbox.faults.add("slack", "error", method="chat.update", error="invalid_metadata_format", times=1)
    story.attempt(firing, shown)
    assert (message.blocks, message.attachments, message.metadata) == ([], [], None)


def test_a_token_that_can_not_be_sent_is_refused_without_being_shown(story: Story) -> None:
    with pytest.raises(ValueError, match="characters that no token has") as raised:
        story.another(token="xoxb-secret\n")
    assert "xoxb" not in str(raised.value)


def test_the_channel_the_app_is_not_in(story: Story, firing: Alert) -> None:
    channels = {
        credentials.SLACK_CHANNEL_NOT_MEMBER: "not_in_channel: invite the app to the channel",
        credentials.SLACK_CHANNEL_ARCHIVED: "is_archived: the channel is archived",
        "C0NOWHERE": "channel_not_found: check the channel id, and invite the app if the channel is private",
    }
    for channel, detail in channels.items():
        verdict = verdict_of(story, firing, channel=channel)
        assert isinstance(verdict, Blocked)
        assert (verdict.reason, verdict.detail) == (Fault.CHANNEL, detail)


def test_a_slow_slack_is_given_up_in_time(story: Story, firing: Alert) -> None:
    story.sandbox.faults.add("slack", "hang", method="chat.postMessage", seconds=5.0)
    began = time.monotonic()
    verdict_of(story, firing, timeout=1.0)
    assert time.monotonic() - began < 3
    story.sandbox.faults.clear()


@contextmanager
def leading_to(status: int, location: str, seen: list[str]) -> Iterator[str]:
    """The address of somebody who answers everything with this status and keeps whom they were shown."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.headers["Authorization"])
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 (the name that http.server calls)

        def log_message(self, *_: object) -> None:
            """Standard error stays quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_follows_no_redirect(story: Story, firing: Alert, status: int) -> None:
    seen: list[str] = []
    elsewhere: list[str] = []
    with leading_to(200, "", elsewhere) as other, leading_to(status, other, seen) as there:
        verdict = verdict_of(story, firing, api_url=there)
    assert (type(verdict), verdict.reason) == (Blocked, Fault.CONFIGURATION)
    assert "slack.api_url" in verdict.detail
    assert (seen != [], elsewhere) == (True, [])


def test_what_the_environment_names_as_proxy_is_used(
    story: Story, firing: Alert, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    with leading_to(503, "", seen) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        verdict = verdict_of(story, firing, api_url="http://slack.invalid/api/")
    assert (type(verdict), seen != []) == (Transient, True)
