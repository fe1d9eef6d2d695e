"""The request as it came. Nothing here parses a form, which would leave no raw bytes to check a signature on."""

import flask

from api.errors import Failure

_CHUNK = 256 * 1024


def current_request() -> flask.Request:
    """Not the proxy, which looks for the request anew each time that it is asked something."""
    request: flask.Request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return request


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
