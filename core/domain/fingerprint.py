"""An alert's identity as Alertmanager computes it, for senders that leave it out (Alertmanager before 0.19).

FNV-1a, 64 bits, over the labels sorted by name, each as name 0xFF value 0xFF (prometheus/common model/signature.go).
"""

from collections.abc import Mapping

_OFFSET = 0xCBF29CE484222325
_PRIME = 0x100000001B3
_MASK = 0xFFFFFFFFFFFFFFFF


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 lower-case hex digits; annotations do not count."""
    hash_ = _OFFSET
    for name, value in sorted(labels.items(), key=_by_bytes):
        for byte in name.encode() + b"\xff" + value.encode() + b"\xff":
            hash_ = ((hash_ ^ byte) * _PRIME) & _MASK
    return f"{hash_:016x}"


def _by_bytes(item: tuple[str, str]) -> bytes:
    return item[0].encode()
