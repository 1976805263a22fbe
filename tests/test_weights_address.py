"""How people name a repository: a name or a pasted link, and nothing that could be a path."""

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.weights.address import Address, address, checked_revision

HEX = "0123456789" * 4


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("owner/name", Address("owner/name")),
        (" Owner/Name_1.0-x \n", Address("Owner/Name_1.0-x")),
        ("owner/name/a/b c.safetensors", Address("owner/name", None, "a/b c.safetensors")),
        ("https://huggingface.co/owner/name", Address("owner/name")),
        ("https://hf.co/owner/name/", Address("owner/name")),
        ("huggingface.co/owner/name", Address("owner/name")),
        ("HF.co/owner/name/tree/v1", Address("owner/name", "v1")),
        ("https://huggingface.co/owner/name/tree/main", Address("owner/name", "main")),
        ("https://huggingface.co/owner/name/tree/main/unet", Address("owner/name", "main")),
        (f"https://huggingface.co/owner/name/tree/{HEX}", Address("owner/name", HEX)),
        (
            "https://huggingface.co/owner/name/blob/main/a/b%20c.safetensors?download=true",
            Address("owner/name", "main", "a/b c.safetensors"),
        ),
        (
            "https://huggingface.co/owner/name/resolve/v1/x.safetensors",
            Address("owner/name", "v1", "x.safetensors"),
        ),
        ("https://huggingface.co/owner/name/discussions/3", Address("owner/name")),
    ],
)
def test_a_repository_may_be_a_name_or_a_pasted_link(typed: str, meant: Address) -> None:
    assert address(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "name", "a/b/c", "a/b/c.ckpt", "../b/c.safetensors",
     "../b", "a/..", "a/b..c", "a b/c", "a/b--c", "a/-b", "a/b.", "a/b.git",
     "a\\b", "a/b\x00", "ä/b", "a/" + "b" * 96, "C:/models", "file:///a/b",
     "https://example.com/a/b", "https://huggingface.co/a", "https://huggingface.co/datasets/a/b",
     "https://huggingface.co/../b", "https://huggingface.co/%2e%2e/b", "https://[", "http://[x/a/b",
     "https://huggingface.co\uff03@b/a/b"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_way_out(typed: str) -> None:
    with pytest.raises(BadRequest, match="owner/name") as caught:
        address(typed)
    assert caught.value.field == "model"


@pytest.mark.parametrize("revision", ["main", "v1.0", "refs/pr/1", HEX, None])
def test_branches_tags_and_commits_are_revisions(revision: str | None) -> None:
    assert checked_revision(revision) == revision


@pytest.mark.parametrize("revision", ["", "../x", "a..b", "/x", "a\\b", "a b", "-x", "x" * 201])
def test_a_revision_never_becomes_a_path_out_of_its_folder(revision: str) -> None:
    with pytest.raises(BadRequest, match="no revision"):
        checked_revision(revision)


@pytest.mark.parametrize("file", ["x" * 200, "a\u202e", "a\ud800", "a\x1b[2J"])
def test_a_file_whose_name_cannot_be_shown_is_refused(file: str) -> None:
    for typed in (f"a/b/{file}.safetensors", f"https://huggingface.co/a/b/blob/main/{file}.bin"):
        with pytest.raises(BadRequest, match="no name of a file") as caught:
            address(typed)
        caught.value.message.encode()
        assert len(caught.value.message) < 300
