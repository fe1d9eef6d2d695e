"""Questions that may hang."""

import threading
import time

import pytest

from api.patience import NoAnswer, Patience
from tests.api.conftest import wait_until


def test_an_answer_is_the_answer() -> None:
    assert Patience().ask(lambda: 42, 5) == 42


def test_what_the_question_raises_is_raised_where_it_was_asked() -> None:
    with pytest.raises(ZeroDivisionError):
        Patience().ask(lambda: 1 / 0, 5)
    with pytest.raises(TimeoutError, match="their own"):
        Patience().ask(lambda: (_ for _ in ()).throw(TimeoutError("their own")), 5)


def test_a_question_that_hangs_is_given_up_on() -> None:
    gone_on = threading.Event()
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        Patience().ask(lambda: gone_on.wait(10), 0.1)
    gone_on.set()
    assert 0.1 <= time.monotonic() - began < 2


def test_only_so_many_hang_at_once_and_then_others_may_ask() -> None:
    patience, gone_on = Patience(2), threading.Event()
    for _ in range(2):
        with pytest.raises(NoAnswer, match="no answer within"):
            patience.ask(lambda: gone_on.wait(10), 0.01)
    asked: list[bool] = []
    with pytest.raises(NoAnswer, match="too many"):
        patience.ask(lambda: asked.append(True), 5)
    assert asked == []
    gone_on.set()
    wait_until(lambda: patience._free._value == 2)
    assert patience.ask(lambda: "again", 5) == "again"
