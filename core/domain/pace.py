"""Rate budgets: how soon the next call to a provider may go out (generic cell rate algorithm).

One number a budget, the theoretical arrival time, so that the state fits in a row and passes from one pump to
the next. Pure: the clock is an argument, in seconds since the epoch.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `per_second` calls on average, `burst` of them at once. `reserve` of the burst is for people.

    A call that a person waits for may use the whole burst; any other leaves `reserve` in place.
    """

    per_second: float
    burst: int = 1
    reserve: int = 0

    @property
    def interval(self) -> float:
        return 1.0 / self.per_second


@dataclass(slots=True)
class Pace:
    """The budgets of one target, by name, and when each may be used next."""

    rates: dict[str, Rate]
    arrival: dict[str, float] = field(default_factory=dict)

    def wait(self, budget: str, now: float, *, urgent: bool = False) -> float:
        """Seconds until `budget` has a token; 0 when it has one now."""
        rate = self.rates[budget]
        usable = rate.burst if urgent else max(1, rate.burst - rate.reserve)
        tolerance = rate.interval * (usable - 1)
        return max(0.0, self.arrival.get(budget, 0.0) - tolerance - now)

    def take(self, budget: str, now: float) -> None:
        """Use a token, whether or not one was there."""
        self.arrival[budget] = max(self.arrival.get(budget, 0.0), now) + self.rates[budget].interval

    def hold(self, budget: str, now: float, seconds: float) -> None:
        """The provider said to wait: nothing from this budget, urgent or not, before then."""
        rate = self.rates[budget]
        until = now + max(seconds, 0.0) + rate.interval * (rate.burst - 1)
        self.arrival[budget] = max(self.arrival.get(budget, 0.0), until)
