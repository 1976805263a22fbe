"""Times are kept per setting and corrected by every run, also by the next start of the program."""

from pathlib import Path

import pytest

from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.estimates import Estimates, Setting
from fooocus_lite.thinking.forecast import Timing

HERE = Setting("A GPU", "sdxl", "cuda bfloat16")
ELSEWHERE = Setting("A GPU", "sdxl", "cuda bfloat16 model offload")
SIZE = (1024, 1024, 2)


@pytest.fixture
def estimates(tmp_path: Path) -> Estimates:
    return Estimates(open_database(tmp_path / "jobs.sqlite3"))


def test_nothing_is_known_at_first(estimates: Estimates) -> None:
    assert estimates.timings(HERE) == {}
    assert estimates.load_s(HERE) is None


def test_every_run_corrects_the_times_of_its_own_setting(estimates: Estimates) -> None:
    for seconds in (1.0, 2.0, 3.0):
        estimates.note(HERE, SIZE, Timing(seconds, 10 * seconds))
    estimates.note(ELSEWHERE, SIZE, Timing(9.0, 9.0))
    known = estimates.timings(HERE)[SIZE]
    # 1, then 1.5, then 2.25: the newest counts as much as all before it.
    assert known == Timing(pytest.approx(2.25), pytest.approx(22.5))
    for _ in range(20):
        estimates.note(HERE, SIZE, Timing(5.0, 5.0))
    assert estimates.timings(HERE)[SIZE].seconds_per_step == pytest.approx(5.0, rel=0.01)
    assert estimates.timings(ELSEWHERE) == {SIZE: Timing(9.0, 9.0)}


def test_each_size_has_its_own_times(estimates: Estimates) -> None:
    estimates.note(HERE, SIZE, Timing(1.0, 2.0))
    estimates.note(HERE, (512, 512, 1), Timing(0.1, 0.2))
    assert estimates.timings(HERE) == {SIZE: Timing(1.0, 2.0), (512, 512, 1): Timing(0.1, 0.2)}


def test_loading_is_remembered_by_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    Estimates(open_database(path)).note_load(HERE, 10.0)
    again = Estimates(open_database(path))
    again.note_load(HERE, 20.0)
    assert again.load_s(HERE) == pytest.approx(15.0)
