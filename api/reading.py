"""The request as it came. Nothing here parses a form, which would leave no raw bytes to check a signature on."""

import threading

import flask

from api.errors import Failure

_CHUNK = 256 * 1024
# The receiver's other threads belong to those who have shown who they are, or need no body for it.
AT_ONCE = 32
_PATIENCE = 1.0
_RETRY_AFTER = "5"


def current_request() -> flask.Request:
    """Not the proxy, which looks for the request anew each time that it is asked something."""
    request: flask.Request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return request


class Unverified:
    """Bodies from which it is still to be learned who sends them: only so many are read at a time.

    Whoever sends slowly holds a thread as long as they like, and granian cannot be told to give them up. So they hold
    this door, and no other one.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def read(self, request: flask.Request) -> bytes:
        """Raises Failure."""
        if not self._free.acquire(timeout=_PATIENCE):
            told = "Too many requests are sending their bodies."
            raise Failure(503, "unavailable", told, {"Retry-After": _RETRY_AFTER})
        try:
            return read_body(request, self._limit)
        finally:
            self._free.release()


def is_compressed(request: flask.Request) -> bool:
    """Nobody who posts here compresses: a small body that unpacks into a large one is no body to be read."""
    return request.headers.get("Content-Encoding", "identity").lower() not in ("identity", "")


def read_body(request: flask.Request, limit: int) -> bytes:
    """The body, of which one byte more than the limit is read at most, whatever its length is said to be.

    Raises Failure.
    """
    too_large = Failure(413, "too_large", f"The body is larger than {limit} bytes.")
    length = request.content_length
    if length is not None:
        if length > limit:
            raise too_large
        whole: bytes = request.environ["wsgi.input"].read(length)
        return whole
    body = bytearray()
    while chunk := request.stream.read(min(_CHUNK, limit + 1 - len(body))):
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)
