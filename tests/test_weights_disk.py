"""What a disk refuses, as a sentence."""

import errno
import os
from pathlib import Path

import pytest

from fooocus_lite.errors import WeightsError
from fooocus_lite.weights.disk import check_room, writing_to


def test_room_is_looked_for_where_the_folder_will_be(tmp_path: Path) -> None:
    check_room(1000, tmp_path / "not" / "there")
    with pytest.raises(WeightsError, match=r"needs .* GiB of free disk space, and there is"):
        check_room(2**60, tmp_path / "not" / "there")


def test_what_is_here_already_needs_no_room(tmp_path: Path) -> None:
    check_room(0, tmp_path)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EDQUOT, "The disk is full"),
        (errno.EROFS, "cannot be written (Read-only file system)"),
        (errno.EACCES, "cannot be written (Permission denied). Check its permissions"),
    ],
)
def test_a_refusal_to_write_says_what_to_do(tmp_path: Path, number: int, says: str) -> None:
    with pytest.raises(WeightsError) as caught, writing_to(tmp_path):
        raise OSError(number, os.strerror(number))
    assert says in caught.value.message
