"""Group commit: what all requests of one moment have brought goes into the inbox in one transaction.

A request is answered after the commit that holds its row, never before: that is the promise behind a 2xx. The disk's
flush is the dearest part of a small transaction, so sharing it doubles what a receiver can take.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.store import inbox, leases, tables
from core.store.clock import Clock
from core.store.engine import Store

_log = structlog.get_logger()

# One transaction's share: a second commit is cheaper than a long one that holds the write lock from the workers.
_MOST_ROWS = 200
_MOST_BYTES = 8 * 1024 * 1024


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


class Unavailable(Exception):
    """The row could not be stored, or not in time. The sender should come again."""


@dataclass(slots=True)
class _Waiting:
    """A request that waits. `done` is a lock and no Event or Future: those cost more than the row."""

    incoming: inbox.Incoming
    deadline: float
    stored: bool | None = None
    done: threading.Lock = field(default_factory=_taken)

    @property
    def expired(self) -> bool:
        return time.monotonic() >= self.deadline

    def end(self, *, stored: bool) -> None:
        if self.stored is None:
            self.stored = stored
            self.done.release()


class Intake:
    """One committer thread behind all request threads of a process. Make it after any fork."""

    def __init__(self, store: Store, clock: Clock, on_stored: Callable[[str], None]) -> None:
        self._store = store
        self._clock = clock
        self._on_stored = on_stored
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lanes: set[str] = set()
        self._gate = threading.Lock()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)
        self._thread.start()

    def put(self, incoming: inbox.Incoming, timeout: float = 10.0) -> None:
        """Return once `incoming` is committed. Raises Unavailable; the row may then still be stored, or not."""
        waiting = _Waiting(incoming, time.monotonic() + timeout)
        with self._gate:
            if self._stopped:
                raise Unavailable("The receiver is stopping.")
            self._queue.put(waiting)
        if not waiting.done.acquire(timeout=timeout):
            raise Unavailable("The database did not answer in time.")
        if not waiting.stored:
            raise Unavailable("The database could not store the request.")

    def stop(self) -> None:
        """Take nothing more, and finish what waits."""
        with self._gate:
            if not self._stopped:
                self._stopped = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            group, goes_on = self._gather()
            waiting = [each for each in group if not each.expired]
            try:
                self._commit(waiting)
            except Exception:  # noqa: BLE001 a bug of ours
                # Whatever it was, the requests are answered and the thread lives for the next ones.
                _log.exception("the intake failed", rows=len(waiting))
                _fail(waiting)

    def _gather(self) -> tuple[list[_Waiting], bool]:
        """What waits at this moment, and whether more may come."""
        first = self._queue.get()
        if first is None:
            return [], False
        group = [first]
        size = len(first.incoming.body)
        while len(group) < _MOST_ROWS and size < _MOST_BYTES:
            try:
                following = self._queue.get_nowait()
            except Empty:
                break
            if following is None:
                return group, False
            group.append(following)
            size += len(following.incoming.body)
        return group, True

    def _commit(self, group: Sequence[_Waiting]) -> None:
        if not group:
            return
        try:
            self._store_rows([each.incoming for each in group])
        except Exception as error:  # noqa: BLE001 any driver's error: the rows are tried one by one
            _log.warning("a group of rows was not stored", rows=len(group), error=type(error).__name__)
            self._commit_singly(group)
        else:
            self._tell(group)

    def _commit_singly(self, group: Sequence[_Waiting]) -> None:
        """One row at fault must not cost the others theirs. Who no longer waits is left out, which bounds this."""
        for each in group:
            if each.expired:
                _fail([each])
            elif self._store_one(each.incoming):
                self._tell([each])
            else:
                _fail([each])

    def _store_one(self, row: inbox.Incoming) -> bool:
        try:
            self._store_rows([row])
        except Exception as error:  # noqa: BLE001 any driver's error: the sender hears that it was not stored
            if isinstance(error, IntegrityError) and self._is_stored(row):
                return True
            # The error's kind only: a driver's message may hold the row.
            _log.error("a row was not stored", lane=row.lane, size=len(row.body), error=type(error).__name__)
            return False
        return True

    def _store_rows(self, rows: Sequence[inbox.Incoming]) -> None:
        lanes = {row.lane for row in rows}
        try:
            now = self._clock()
            with self._store.begin() as connection:
                for lane in sorted(lanes - self._lanes):
                    leases.ensure_lane(connection, lane)
                inbox.put(connection, rows, now)
        except Exception:
            # Perhaps another database answers from now on, one that has never seen these lanes.
            self._lanes.clear()
            raise
        self._lanes |= lanes

    def _is_stored(self, row: inbox.Incoming) -> bool:
        """Whether the sender has told this before: then it is committed, and that is all it asks for."""
        if row.dedup_key is None:
            return False
        known = select(tables.inbox.c.id).where(tables.inbox.c.dedup_key == row.dedup_key)
        try:
            with self._store.read() as connection:
                return connection.execute(known).first() is not None
        except DBAPIError:
            return False

    def _tell(self, group: Sequence[_Waiting]) -> None:
        for lane in dict.fromkeys(each.incoming.lane for each in group):
            try:
                self._on_stored(lane)
            except Exception:  # noqa: BLE001 not the sender's trouble
                # The sweep finds what a lost hint leaves behind.
                _log.exception("no hint for a lane", lane=lane)
        for each in group:
            each.end(stored=True)


def _fail(group: Sequence[_Waiting]) -> None:
    for each in group:
        each.end(stored=False)
