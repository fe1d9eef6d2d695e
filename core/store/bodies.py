"""Bodies as they lie in the inbox: 16 MiB of alerts are a quarter of one MiB at zlib's fastest level."""

import zlib

_FASTEST = 1


def pack(body: bytes) -> bytes:
    return zlib.compress(body, _FASTEST)


def unpack(packed: bytes) -> bytes:
    return zlib.decompress(packed)
