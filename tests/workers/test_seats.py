"""One thread of a worker is always left for what people do."""

import threading

from workers.tasks import Seats


def test_the_last_seat_is_never_given_away() -> None:
    """One seat of two threads: the second piece of work is turned away, and hinted again once the first has ended."""
    again: list[tuple[str, str]] = []
    seats = Seats(1, lambda task, name: again.append((task, name)))
    begun, end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        end.wait(5)

    first = threading.Thread(target=seats.use, args=("deliver", "slack:C1", work))
    first.start()
    assert begun.wait(5)
    seats.use("deliver", "pagerduty:default", lambda: again.append(("ran", "")))
    assert again == []
    end.set()
    first.join()
    assert again == [("deliver", "pagerduty:default")]


def test_a_seat_is_free_again_after_a_failure() -> None:
    seats = Seats(1, lambda *_: None)
    ran: list[bool] = []
    for _ in range(3):
        try:
            seats.use("deliver", "slack:C1", lambda: ran.append(bool(1 // 0)))
        except ZeroDivisionError:
            ran.append(False)
    assert ran == [False] * 3
