"""Silences by what an alert says: of a thousand most need not even be looked at to know which are about it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from core.domain.silence import Silence


class SilenceIndex:
    """Each lies under the first label that it wants to have exactly one value; those that want none are looked at."""

    def __init__(self, silences: Iterable[Silence]) -> None:
        self._by_label: dict[tuple[str, str], list[Silence]] = {}
        self._rest: list[Silence] = []
        for silence in silences:
            plain = (
                (it.label, it.value) for it in silence.matchers if it.equal and not it.regex and it.value
            )
            pair = next(plain, None)
            (self._rest if pair is None else self._by_label.setdefault(pair, [])).append(silence)

    def about(self, source: str, labels: Mapping[str, str]) -> Iterator[Silence]:
        """Those that hide such an alert while they last, in no order."""
        found = chain.from_iterable(self._by_label.get(pair, ()) for pair in labels.items())
        return (it for it in chain(found, self._rest) if it.is_about(source, labels))
