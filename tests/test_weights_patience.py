"""When a download tries again, and when it gives up. No test waits."""

import pytest
from local_hub import FakeTime

from fooocus_lite.errors import Cancelled, WeightsError
from fooocus_lite.weights.patience import Hiccup, Patience

NEVER = lambda: False  # noqa: E731 - nobody stops


class Action:
    """Fails as often as it is told to, then works."""

    def __init__(self, *failures: Hiccup) -> None:
        self.failures = list(failures)

    def __call__(self) -> str:
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def hiccup(wait_s: float = 0.0, has_moved: bool = False) -> Hiccup:
    return Hiccup(WeightsError("It broke."), wait_s, has_moved)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def patience(time: FakeTime, give_up_s: float = 60.0) -> Patience:
    return Patience(give_up_s=give_up_s, clock=time.clock, sleep=time.sleep)


def test_what_works_at_once_does_not_wait(time: FakeTime) -> None:
    assert patience(time).keep_trying(Action(), NEVER) == "done"
    assert time.now == 0


def test_pauses_grow_to_eight_seconds(time: FakeTime) -> None:
    assert patience(time).keep_trying(Action(*[hiccup() for _ in range(7)]), NEVER) == "done"
    assert time.now == pytest.approx(0.5 + 1 + 2 + 4 + 8 + 8 + 8)


def test_after_a_minute_without_a_byte_the_error_itself_is_raised(time: FakeTime) -> None:
    with pytest.raises(WeightsError, match=r"It broke\."):
        patience(time).keep_trying(Action(*[hiccup() for _ in range(99)]), NEVER)
    assert 45 < time.now <= 60


def test_each_byte_begins_the_minute_anew_and_the_pauses_too(time: FakeTime) -> None:
    action = Action(*[hiccup(has_moved=True) for _ in range(200)])
    assert patience(time).keep_trying(action, NEVER) == "done"
    assert time.now == pytest.approx(100)


def test_a_wait_that_is_asked_for_beats_the_pause(time: FakeTime) -> None:
    patience(time).keep_trying(Action(hiccup(wait_s=30)), NEVER)
    assert time.now == pytest.approx(30)


def test_a_wait_longer_than_patience_is_not_begun(time: FakeTime) -> None:
    with pytest.raises(WeightsError):
        patience(time, give_up_s=10).keep_trying(Action(hiccup(wait_s=11)), NEVER)
    assert time.now == 0


def test_a_wish_to_stop_is_heard_while_waiting(time: FakeTime) -> None:
    with pytest.raises(Cancelled):
        patience(time).keep_trying(Action(hiccup(wait_s=30)), lambda: time.now > 1)
    assert time.now < 1.5


def test_other_errors_are_not_tried_again(time: FakeTime) -> None:
    def broken() -> None:
        raise WeightsError("For good.")

    with pytest.raises(WeightsError, match=r"For good\."):
        patience(time).keep_trying(broken, NEVER)
    assert time.now == 0
