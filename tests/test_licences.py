"""Licence names as cards write them, and the one word made of them."""

import pytest

from fooocus_lite.thinking.licences import allowed_by


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("apache-2.0", "commercial"),
        ("Apache-2.0", "commercial"),
        ("CreativeML-OpenRAIL-M", "commercial"),
        ("OpenRAIL++-M", "commercial"),
        ("stabilityai-ai-community", "conditions"),
        ("flux-1-dev-non-commercial-license", "non-commercial"),
        ("cc-by-nc-4.0", "non-commercial"),
        ("somebodys-non-commercial-licence", "non-commercial"),
        ("somebody NC 2", "non-commercial"),
        ("other", None),
        ("unknown", None),
        ("", None),
        ("dance-license", None),
    ],
)
def test_a_licence_is_one_word_and_an_unknown_one_none(licence, allowed):
    assert allowed_by(licence) == allowed
