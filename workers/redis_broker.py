"""Redis as the broker, with queues that cannot grow: there a message that nobody takes would lie for ever."""

from typing import Any

from kombu.transport import redis
from kombu.utils.json import dumps

MOST = 1000
"""Hints a queue may hold. The oldest go first: what they tell of is still due, and the sweep finds it."""


class Channel(redis.Channel):
    def _put(self, queue: str, message: Any, **_: Any) -> None:
        priority = self._get_message_priority(message, reverse=False)  # type: ignore[no-untyped-call]
        key = self._q_for_pri(queue, priority)  # type: ignore[no-untyped-call]
        with self.conn_or_acquire() as client, client.pipeline(transaction=False) as pipe:
            pipe.lpush(key, dumps(message))  # type: ignore[no-untyped-call]
            pipe.ltrim(key, 0, MOST - 1)
            pipe.execute()


class Transport(redis.Transport):
    Channel = Channel
