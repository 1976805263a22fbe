"""wildcards/*.txt, the program's own and the home's."""

from random import Random

import pytest

from fooocus_lite.settings import load
from fooocus_lite.supplies import library
from fooocus_lite.supplies.wildcard_files import read_all
from fooocus_lite.thinking.prompt import write


@pytest.fixture
def settings(tmp_path):
    return load({"home": tmp_path})


def put(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_every_wildcard_that_comes_along_can_be_filled(settings):
    found = library.read(settings)
    assert found.problems == ()
    assert len(found.wildcards) >= 25
    assert "subject/animal" in found.wildcards
    for name, lines in found.wildcards.items():
        assert len(set(lines)) == len(lines), name
        for index in range(len(lines)):
            written = write(f"__{name}__", "", index, Random(index), found.wildcards, in_order=True)
            assert not written.loras
            assert "__" not in written.prompt
            assert "{" not in written.prompt


def test_folders_are_part_of_the_name_and_comments_are_not_lines(tmp_path):
    put(tmp_path, "a.txt", "\ufeffone\r\n\n# no\n  two words  \n")
    put(tmp_path, "deep/er/b.txt", "three")
    found = read_all([tmp_path])
    assert found.by_name == {"a": ("one", "two words"), "deep/er/b": ("three",)}
    assert found.problems == ()


def test_a_home_file_beats_the_programs(settings):
    put(settings.home, "wildcards/color.txt", "mauve")
    put(settings.home, "wildcards/mine.txt", "x")
    found = library.read(settings).wildcards
    assert found["color"] == ("mauve",)
    assert found["mine"] == ("x",)
    assert "light" in found


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("hair color.txt", "x", "__hair color__ cannot be written"),
        ("a__b.txt", "x", "cannot be written"),
        ("empty.txt", "\n# only this\n", "it has no lines"),
        ("bad.txt", b"\xff\xfe", "it cannot be read"),
        ("bell.txt", "fine\nnot \x07 fine", "line 2: it holds a control character"),
        ("long.txt", "x" * 10_001, "line 1: longer than a prompt may be"),
        ("huge.txt", "x\n" * 1_500_000, "larger than 2,000,000 bytes"),
    ],
)
def test_a_file_with_a_mistake_is_left_out_and_said(settings, name, content, says):
    put(settings.home / "wildcards", name, content)
    found = library.read(settings)
    (problem,) = found.problems
    assert problem.startswith(name)
    assert says in problem
    assert name.removesuffix(".txt") not in found.wildcards
