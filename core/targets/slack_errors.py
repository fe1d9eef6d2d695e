"""What Slack's errors mean: one table from its error strings to what is to be done about them.

The strings are those of the method reference (chat.postMessage, chat.update, conversations.history, auth.test). What
the table does not name is tried again: a code that is new to us may be anybody's fault, a row that is parked for it
would be a page that nobody gets, and a repeated call costs one request a minute. It counts as refused, for Slack says
`ok: false` of an operation that it may have done only with the codes under UNCLEAR.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from core.domain.errors import Blocked, Permanent, Transient, Verdict
from core.targets.target import Remote


class Fault(StrEnum):
    """Whose fault it is: the closed list of reasons that operators and metrics see."""

    RATE_LIMITED = "rate_limited"
    UNCLEAR = "no_clear_answer"
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "unavailable"
    CONFIGURATION = "configuration"
    CHANNEL = "channel"
    PAYLOAD = "payload"
    MESSAGE_GONE = "message_gone"
    IN_DOUBT = "in_doubt"
    NOT_SHOWN_YET = "not_shown_yet"
    UNKNOWN = "unknown_error"


_CODES: Mapping[Fault, str] = {
    Fault.RATE_LIMITED: "ratelimited rate_limited message_limit_exceeded",
    # "Part of the operation may have succeeded" (method reference).
    Fault.UNCLEAR: "internal_error fatal_error",
    Fault.UNAVAILABLE: """
        service_unavailable request_timeout team_added_to_org org_login_required external_channel_migrating
        update_failed streaming_state_conflict
    """,
    Fault.CONFIGURATION: """
        invalid_auth not_authed token_revoked token_expired account_inactive missing_scope not_allowed_token_type
        no_permission access_denied accesslimited app_access_restricted team_access_not_granted team_not_found
        ekm_access_denied enterprise_is_restricted two_factor_setup_required restricted_action
        restricted_action_read_only_channel restricted_action_thread_only_channel
        restricted_action_non_threadable_channel restricted_action_thread_locked
        metadata_must_be_sent_from_app method_deprecated deprecated_endpoint
    """,
    Fault.CHANNEL: """
        channel_not_found not_in_channel is_archived is_inactive cannot_reply_to_message messages_tab_disabled
        channel_is_limited_access
    """,
    Fault.PAYLOAD: """
        invalid_blocks invalid_blocks_format invalid_attachments msg_too_long msg_blocks_too_long no_text
        too_many_attachments invalid_arguments invalid_metadata_format invalid_metadata_schema metadata_too_large
        markdown_text_conflict block_mismatch attachment_payload_limit_exceeded invalid_arg_name invalid_array_arg
        invalid_charset invalid_form_data invalid_json json_not_object invalid_post_type missing_post_type
    """,
    Fault.MESSAGE_GONE: "message_not_found cant_update_message edit_window_closed",
}
FAULTS: Mapping[str, Fault] = {code: fault for fault, codes in _CODES.items() for code in codes.split()}
# Families that Slack adds members to.
_FAMILIES = {"restricted_action": Fault.CONFIGURATION, "invalid_metadata": Fault.PAYLOAD}

BLOCKING = frozenset({Fault.CONFIGURATION, Fault.CHANNEL})

# A thread that takes no line: the fault of that one thread, whatever the same words mean for a channel.
THREAD_CLOSED = frozenset(
    {
        "thread_not_found",
        "message_not_found",
        "cannot_reply_to_message",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
    }
)
# Reading is closed to the app while posting may well be open to it (chat:write.public, a missing history scope).
UNREADABLE = frozenset(
    {
        "missing_scope",
        "no_permission",
        "access_denied",
        "not_allowed_token_type",
        "not_in_channel",
        "channel_not_found",
        "method_not_supported_for_channel_type",
    }
)

# Waits for what passes by itself but not soon; None is the usual back-off. A 429 names its own.
_WAITS = {
    "message_limit_exceeded": 300.0,
    "ratelimited": 10.0,
    "rate_limited": 10.0,
    "team_added_to_org": 60.0,
    "org_login_required": 60.0,
    "external_channel_migrating": 60.0,
}
_REMEDIES = {
    "not_in_channel": "invite the app to the channel",
    "channel_not_found": "check the channel id, and invite the app if the channel is private",
    "is_archived": "the channel is archived",
    "is_inactive": "the channel is archived, frozen or deleted",
    "invalid_auth": "check the bot token",
    "not_authed": "check the bot token",
    "token_revoked": "install the app again and use its new bot token",
    "token_expired": "install the app again and use its new bot token",
    "account_inactive": "install the app again and use its new bot token",
    "missing_scope": "add the scope and install the app again",
    "redirected": "what answers at slack.api_url leads elsewhere, and the bot token does not go along",
}
_CODE = re.compile(r"[a-z][a-z0-9_]{0,79}\Z")
_SCOPES = re.compile(r"[a-z:.,_]{1,200}\Z")


class Failure(Exception):
    """A call to Slack that did not succeed. Its text never holds what was sent."""

    def __init__(
        self, fault: Fault, code: str = "", *, retry_after: float | None = None, needed: str = ""
    ) -> None:
        self.fault = fault
        self.code = code
        self.retry_after = retry_after if retry_after is not None else _WAITS.get(code)
        remedy = _REMEDIES.get(code, "")
        if needed and _SCOPES.match(needed):
            remedy = f"{remedy} ({needed})"
        self.detail = f"{code}: {remedy}" if remedy else code
        super().__init__(f"{fault}: {self.detail}")

    @property
    def in_doubt(self) -> bool:
        """Whether Slack may have done what it was asked."""
        return self.fault is Fault.UNCLEAR

    def verdict(self, *, budget: str | None = None, remote: Remote | None = None) -> Verdict:
        """What the caller of a target is told. `budget` is the one that the call was charged to."""
        if self.fault in BLOCKING:
            return Blocked(self.fault, self.detail, remote=remote)
        if self.fault is Fault.PAYLOAD:
            return Permanent(self.fault, self.detail, remote=remote)
        held = budget if self.fault is Fault.RATE_LIMITED else None
        return Transient(self.fault, self.detail, retry_after=self.retry_after, budget=held, remote=remote)


def refused(code: object, needed: object = "") -> Failure:
    """The failure that an `ok: false` speaks of. What is no error code is no answer of Slack's."""
    if not isinstance(code, str) or not _CODE.match(code):
        return Failure(Fault.UNCLEAR, "not_an_answer_of_slack")
    scopes = needed if isinstance(needed, str) else ""
    family = next((fault for start, fault in _FAMILIES.items() if code.startswith(start)), Fault.UNKNOWN)
    return Failure(FAULTS.get(code, family), code, needed=scopes)
