"""Bodies in the inbox: what goes in comes out, and what somebody has tampered with does not take all memory."""

import os
import zlib

import pytest

from core.domain.errors import Malformed
from core.store.bodies import MOST, pack, unpack


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 1_000_000])
def test_what_was_packed_is_unpacked(size: int) -> None:
    for body in (b"a" * size, os.urandom(size)):
        assert body == unpack(pack(body))


@pytest.mark.parametrize("packed", [b"", b"\1", b"\1abc", pack(b"a" * 5000)[:-3], b"\7" + b"a" * 10])
def test_what_is_no_packed_body_is_malformed(packed: bytes) -> None:
    with pytest.raises(Malformed):
        unpack(packed)


def test_a_body_that_unpacks_into_more_than_anybody_could_send_is_malformed() -> None:
    packing = zlib.compressobj(1)
    piece = bytes(1024 * 1024)
    pieces = [packing.compress(piece) for _ in range(MOST // len(piece) + 1)]
    with pytest.raises(Malformed, match="larger"):
        unpack(b"\1" + b"".join(pieces) + packing.flush())
