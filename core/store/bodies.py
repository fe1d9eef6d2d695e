"""Bodies as they lie in the inbox: 16 MiB of alerts are a quarter of one MiB at zlib's fastest level.

The first byte says how. A body of one alert is kept as it came: packing it would cost more than the disk it saves.
"""

import zlib

from core.domain.errors import Malformed

_FASTEST = 1
# No body that was taken is larger (`server.max_body_bytes` goes no further), nor what the bridge writes itself.
MOST = 256 * 1024 * 1024
_WORTH_IT = 4096
_PLAIN, _ZLIB = b"\0", b"\1"


def pack(body: bytes) -> bytes:
    return _PLAIN + body if len(body) < _WORTH_IT else _ZLIB + zlib.compress(body, _FASTEST)


def unpack(packed: bytes) -> bytes:
    """Raises Malformed where the database gave back something else than was stored."""
    how, rest = packed[:1], packed[1:]
    if how == _PLAIN:
        return rest
    unpacking = zlib.decompressobj()
    try:
        body = unpacking.decompress(rest, MOST + 1)
    except zlib.error as error:
        raise Malformed(f"The stored body cannot be unpacked: {error}") from None
    if not unpacking.eof or len(body) > MOST:
        raise Malformed(f"The stored body is cut off, or larger than {MOST} bytes.")
    return body
