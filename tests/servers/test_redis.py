"""The private Redis of the tests."""

import pytest
from redis import Redis as Client
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from tests.servers import redis_server


def test_it_answers_and_is_gone_afterwards() -> None:
    """Real commands while it runs; no process, no folder afterwards."""
    with redis_server() as server:
        with Client.from_url(server.url) as client:
            client.set("a", "b")
            assert client.get("a") == b"b"
        assert server.folder.exists()
    assert not server.folder.exists()
    assert not server.process.running


def test_it_can_be_lost_and_come_back() -> None:
    """kill9() forgets the data and keeps the port."""
    with redis_server() as server, Client.from_url(server.url) as client:
        client.set("a", "b")
        server.kill9()
        server.start()
        assert client.get("a") is None


def test_a_password_is_asked_for() -> None:
    """The URL carries it."""
    with redis_server(password="made-up") as server, Client.from_url(server.url) as client:
        assert client.ping()
        with (
            Client(host="127.0.0.1", port=server.port, retry=Retry(NoBackoff(), 0)) as stranger,
            pytest.raises(AuthenticationError),
        ):
            stranger.ping()
