"""Bodies as they lie in the inbox: 16 MiB of alerts are a quarter of one MiB at zlib's fastest level."""

import zlib

from core.domain.errors import Malformed

_FASTEST = 1


def pack(body: bytes) -> bytes:
    return zlib.compress(body, _FASTEST)


def unpack(packed: bytes) -> bytes:
    """Raises Malformed where the disk gave back something else than was stored."""
    try:
        return zlib.decompress(packed)
    except zlib.error as error:
        raise Malformed(f"The stored body cannot be unpacked: {error}") from None
