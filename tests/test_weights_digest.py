"""A body is what was promised, or it is not, by either of the Hub's two hashes."""

import hashlib

import pytest

from fooocus_lite.weights.digest import Digest

SHA256 = hashlib.sha256(b"hello\n").hexdigest()
GIT = "ce013625030ba8dba906f756967f9e9ca394464a"  # what `git hash-object` says of "hello\n"


@pytest.mark.parametrize("promised", [SHA256, GIT])
def test_a_body_is_known_however_it_was_cut(promised: str) -> None:
    digest = Digest(promised, 6)
    for piece in (b"he", b"", b"llo\n"):
        assert not digest.is_right
        digest.update(piece)
    assert digest.is_right
    assert digest.sha256 == SHA256


@pytest.mark.parametrize("promised", [SHA256, GIT])
@pytest.mark.parametrize("body", [b"hellO\n", b"hello", b"hello\n\n"])
def test_any_other_body_is_not(promised: str, body: bytes) -> None:
    digest = Digest(promised, 6)
    digest.update(body)
    assert not digest.is_right
