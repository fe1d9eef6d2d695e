"""The network of the tests, between a client and a real Redis."""

import socket
from collections.abc import Iterator

import pytest
from redis import Redis as Client
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.servers import Proxy, Redis, free_port, redis_server, wait_until


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    with redis_server() as started:
        yield started


@pytest.fixture
def proxy(server: Redis) -> Iterator[Proxy]:
    with Proxy(free_port(), server.port) as started:
        yield started


def client(port: int) -> Client:
    return Client(host="127.0.0.1", port=port, retry=Retry(NoBackoff(), 0), socket_timeout=1)


def test_it_leads_to_whoever_listens(proxy: Proxy) -> None:
    for _ in range(4):
        with client(proxy.port) as asked:
            assert asked.ping()


def test_a_connection_is_cut_and_the_next_one_is_good(proxy: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=20) as line:
        line.sendall(b"PING\r\n")
        assert line.recv(64) == b"+PONG\r\n"
        proxy.cut()
        assert line.recv(64) == b""
    with client(proxy.port) as asked:
        assert asked.ping()


def test_who_is_refused_or_left_hanging_is_not_answered(proxy: Proxy) -> None:
    for trouble in (proxy.refuse, proxy.hang):
        trouble()
        with client(proxy.port) as asked, pytest.raises(RedisError):
            asked.ping()
        proxy.forward()
        with client(proxy.port) as asked:
            assert asked.ping()


@pytest.mark.parametrize("heard", [True, False])
def test_a_cut_at_a_word_is_before_or_after_it_was_heard(proxy: Proxy, server: Redis, heard: bool) -> None:
    name = f"said-{heard}"
    with client(proxy.port) as asked, client(server.port) as straight:
        asked.ping()
        proxy.cut_at(b"INCR", heard=heard)
        with pytest.raises(RedisError):
            asked.incr(name)
        assert proxy.cuts == 1
        if heard:
            assert wait_until(lambda: straight.get(name)) == b"1"
        asked.ping()
        assert straight.get(name) == (b"1" if heard else None)
