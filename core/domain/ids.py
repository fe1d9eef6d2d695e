"""Ids: UUID version 7, made from what the thing is, so that doing a step again makes the same id."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def alert_id(source: str, fingerprint: str, seq: int, received_at: datetime) -> str:
    """A UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then bits that no other episode shares.

    `seq` is an inbox id and never used twice, so (source, fingerprint, seq) names one episode.
    """
    digest = hashlib.blake2b(f"{source}\0{fingerprint}\0{seq}".encode(), digest_size=10).digest()
    return at_moment(received_at, digest)


def at_moment(at: datetime, digest: bytes) -> str:
    """A UUIDv7 of that moment from ten bytes that name the thing."""
    # Whole numbers all the way: a float of seconds loses the millisecond some centuries on.
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    bits = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(digest)
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=bits))
