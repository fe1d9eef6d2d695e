"""The private RabbitMQ of the tests."""

from kombu.connection import Connection

from tests.servers import rabbitmq_server


def test_it_takes_messages_is_killed_and_comes_back() -> None:
    """On the same port; nothing of it is left afterwards."""
    with rabbitmq_server() as server:
        for word in ("first", "after a kill"):
            with (
                Connection(server.url) as connection,  # type: ignore[no-untyped-call]
                connection.SimpleQueue("tests") as queue,
            ):
                queue.put(word)
                message = queue.get(timeout=10)
                message.ack()
                assert message.payload == word
            server.kill9()
            assert not server.process.running
            server.start()
        assert server.folder.exists()
    assert not server.folder.exists()
    assert not server.process.running
