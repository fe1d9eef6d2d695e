"""A port in front of other ports: what the network does to a connection is done here, by order of a test."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from itertools import cycle
from typing import Any, Self

from tests.servers.ports import free_port

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Forwards whatever comes to the next of `ports` that listens, in turn."""

    def __init__(self, *ports: int) -> None:
        self.port = free_port()
        self.cuts = 0  # how many connections were cut at a word
        self._ports, self._turns = ports, cycle(range(len(ports)))
        self._open: set[asyncio.StreamWriter] = set()
        self._words: deque[tuple[bytes, bool]] = deque()
        self._refuses = False
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._flows.set()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy {self.port}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Break off every connection, in the middle of whatever is being said."""
        self._do(self._cut())

    def cut_at(self, word: bytes, *, heard: bool) -> None:
        """Break off the next connection on which a client says this word; the server has `heard` it, or has not."""
        self._loop.call_soon_threadsafe(self._words.append, (word, heard))

    def refuse(self) -> None:
        """Take no connection any more, and end those there are."""
        self._refuses = True
        self.cut()

    def hang(self) -> None:
        """Take connections and hold back what is said, as a network does that is gone."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def forward(self) -> None:
        """As at first; what was held back goes on its way."""
        self._refuses = False
        self._loop.call_soon_threadsafe(self._words.clear)
        self._loop.call_soon_threadsafe(self._flows.set)

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(30)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _close(self) -> None:
        self._server.close()
        self._flows.set()
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _cut(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found = None if self._refuses else await self._reach()
        if found is None:
            writer.transport.abort()
            return
        theirs, to_them = found
        self._open |= {writer, to_them}
        with suppress(ConnectionError):
            await asyncio.gather(
                self._carry(reader, to_them, lambda said: self._is_cut(said, writer, to_them)),
                self._carry(theirs, writer, lambda _: False),
            )
        for each in (writer, to_them):
            self._open.discard(each)
            each.close()

    async def _reach(self) -> Line | None:
        for _ in self._ports:
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self._ports[next(self._turns)])
        return None

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_cut: Callable[[bytes], bool]
    ) -> None:
        while said := await reader.read(65_536):
            await self._flows.wait()
            if is_cut(said):
                return
            writer.write(said)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()

    def _is_cut(self, said: bytes, writer: asyncio.StreamWriter, to_them: asyncio.StreamWriter) -> bool:
        if not self._words or self._words[0][0] not in said:
            return False
        _, heard = self._words.popleft()
        self.cuts += 1
        writer.transport.abort()
        if heard:
            to_them.write(said)
            to_them.close()  # once that has gone
        else:
            to_them.transport.abort()
        return True
