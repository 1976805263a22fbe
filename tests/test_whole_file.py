"""Written whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from fooocus_lite.whole_file import write_whole


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "note.json"
    for data in (b"one", b"two"):
        write_whole(file, data)
        assert file.read_bytes() == data
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_written_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        write_whole(tmp_path / "taken", b"a file where a folder is")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_file_of_secrets_is_its_owners_from_the_first_byte(tmp_path: Path) -> None:
    write_whole(tmp_path / "users.json", b"{}", mode=0o600)
    assert stat.S_IMODE((tmp_path / "users.json").stat().st_mode) == 0o600
