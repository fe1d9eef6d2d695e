"""What the client must not do on the way: follow, be talked into another password, or believe a forged address."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.domain.alert import Alert
from core.domain.errors import Blocked, Transient, Verdict
from core.targets.pagerduty_client import Rest
from core.targets.pagerduty_event import client_url, origin
from sandbox import Sandbox, credentials

TOKEN = credentials.PAGERDUTY_API_TOKEN
OTHER = "0f0f0f0f-0000-7000-8000-00000000000f"


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (202, Transient, "odd_answer"),
        (204, Transient, "odd_answer"),
        (301, Blocked, "wrong_address"),
        (307, Blocked, "wrong_address"),
    ],
)
def test_only_a_200_is_an_answer_of_the_rest_api_and_a_token_follows_no_redirect(
    far: Any, status: int, kind: type[Verdict], reason: str
) -> None:
    with far() as elsewhere, far(status=status, headers={"Location": f"{elsewhere.url}/incidents"}) as there:
        with pytest.raises(kind) as raised:
            Rest(TOKEN, there.url).get("/incidents", {})
        assert (len(there.received), elsewhere.received) == (1, [])
    assert raised.value.reason == reason


def test_a_429_of_the_rest_api_leaves_the_event_budget_alone(far: Any) -> None:
    with far(status=429) as there, pytest.raises(Transient) as raised:
        Rest(TOKEN, there.url).get("/incidents", {})
    assert raised.value.budget is None


def test_a_netrc_file_does_not_replace_the_token(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left alone, requests sends a password of ~/.netrc in place of an Authorization header."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert Rest(TOKEN, sandbox.pagerduty_api_url).get("/incidents", {"limit": 1})["incidents"] == []


@pytest.mark.parametrize(
    "generator_url",
    [
        f"https://evil.example/api/v1/alerts/{OTHER}#occurrence-9",
        f"https://evil.example/#alert-bridge-{OTHER}-9",
        "https://graphs.example/" + "x" * 5000,
    ],
)
def test_no_generator_url_speaks_for_another_alert(alert: Callable[..., Alert], generator_url: str) -> None:
    forged = alert(generator_url=generator_url)
    assert origin(client_url(forged, None)) == (forged.id, 1)


def test_an_address_that_only_ends_like_ours_names_no_alert() -> None:
    assert origin(f"https://b.example/#alert-bridge-{OTHER}-2\n") is None
