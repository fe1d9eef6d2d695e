"""When to try again: the one retry policy of the whole program, a pure function."""

CEILING = 60.0
_FIRST = 1.0


def delay(attempts: int, retry_after: float | None, jitter: float) -> float:
    """Seconds until the next attempt.

    `attempts` counts from 1; `jitter` is a random number in [0, 1). What the target asked for is honoured, with a
    little added so that those who were told the same do not come back together; otherwise 1, 2, 4 … 60 s, spread
    over the upper half.
    """
    if retry_after is not None:
        return max(0.0, retry_after) + jitter * min(1.0, 0.1 * max(retry_after, 1.0))
    ceiling = min(CEILING, _FIRST * 2.0 ** min(max(attempts, 1) - 1, 10))
    return ceiling * (0.5 + 0.5 * jitter)
