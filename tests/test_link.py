"""Recipe links and recipe files: there and back, and everything that is neither."""

import base64
import contextlib
import json
import random
import zlib

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.thinking.link import (
    MAX_JSON_BYTES,
    Fingerprint,
    Shared,
    from_file,
    from_link,
    is_link,
    to_file,
    to_link,
)

REQUEST = ImageRequest(prompt="a fox\nשועל 🦊 <script>", styles=("Watercolor",), count=3)
RECIPE = Recipe(
    model="starter",
    family="starter",
    model_hashes={"unet.safetensors": "a" * 64},
    prompt="watercolor of a fox\nשועל 🦊 <script>",
    styles=("Watercolor",),
    loras=(LoRA(name="ink", weight=0.5),),
    num_inference_steps=20,
    guidance_scale=3,
    scheduler="euler",
    width=256,
    height=192,
    seed=2**63 - 1,
    request=REQUEST,
)
SHARED = Shared(
    recipe=RECIPE, fingerprint=Fingerprint(sha256="0" * 64, thumbnail="1f" * (8 * 8 * 3))
)


def link_of(data: bytes, version: int = 1) -> str:
    packed = bytes((version,)) + zlib.compress(data)
    return "#r=" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


@pytest.mark.parametrize(
    "shared",
    [
        SHARED,
        Shared(recipe=RECIPE),
        Shared(recipe=RECIPE, fingerprint=Fingerprint(thumbnail="00" * 192)),
        Shared(recipe=RECIPE.model_copy(update={"prompt": "🦊" * 10_000})),
    ],
    ids=["whole", "no picture", "lossy picture", "long"],
)
def test_a_link_and_a_file_give_back_what_was_packed(shared):
    assert from_link(to_link(shared)) == shared
    assert from_file(to_file(shared)) == shared


def test_a_link_is_short_and_safe_in_any_message():
    link = to_link(SHARED)
    assert is_link(link)
    assert len(link) < 1_200
    assert set(link) <= set("#r=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@pytest.mark.parametrize("before", ["", "http://127.0.0.1:7865/", "https://x.org/y?__theme=dark"])
def test_a_whole_address_is_read_too(before):
    assert from_link(f"  {before}{to_link(SHARED)}\n") == SHARED


def test_a_link_holds_the_recipe_and_the_fingerprint_and_nothing_else():
    packed = base64.urlsafe_b64decode(to_link(SHARED)[3:] + "==")
    written = json.loads(zlib.decompress(packed[1:]))
    assert set(written) == {"recipe", "fingerprint"}
    assert set(written["recipe"]) <= set(Recipe.model_fields)
    assert set(written["fingerprint"]) == {"sha256", "thumbnail"}


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("", "no recipe link"),
        ("#r=", "no recipe link"),
        ("a fox #r=abcd", "no recipe link"),
        ("#r=ab cd", "no recipe link"),
        ("#r=שועל", "no recipe link"),
        ("#r=" + "a" * 200_000, "200,003 characters"),
        ("#r=a", "damaged"),
        ("#r=AXh4eHh4", "damaged"),
        (link_of(b"{}", version=2), r"newer kind \(version 2\).* Update the program"),
        (link_of(b"{}", version=0), "damaged"),
        ("#r=AAAA", "damaged"),
        ("#r=zzzz", "damaged"),
        ("#r=AQ", "damaged"),
        (link_of(b"\xff\xfe"), "damaged"),
        (link_of(b"[" * 100_000), "damaged"),
        (link_of(b"[]"), "does not fit"),
        (link_of(b"{}"), "recipe"),
        (link_of(b'{"recipe": {"seed": 1e999}}'), "recipe"),
        (link_of(b'{"recipe": {"width": NaN}}'), "recipe link"),
        (link_of(b" " * (MAX_JSON_BYTES + 1)), "unpacks to more"),
        (link_of(b"\0" * 100_000_000), "unpacks to more"),
        (link_of(to_file(SHARED).encode())[:-6], "damaged"),
        (link_of(to_file(SHARED).replace("256", "999999").encode()), "width"),
        (link_of(to_file(SHARED).replace("1f1f", "<b>").encode()), "thumbnail"),
        (
            link_of(to_file(SHARED).replace('"count": 3', '"count": 3, "path": "/"').encode()),
            "path",
        ),
    ],
)
def test_anything_else_is_a_sentence(link, says):
    with pytest.raises(BadRequest, match=says) as raised:
        from_link(link)
    assert raised.value.message.endswith(".")
    assert len(raised.value.message) < 300


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "damaged"),
        ("x" * (MAX_JSON_BYTES + 1), "1,000,001 characters"),
        ("[" * 500_000, "damaged"),
        ("\ud800", "damaged"),
        ('{"recipe": []}', "recipe"),
    ],
)
def test_a_strange_file_is_a_sentence(text, says):
    with pytest.raises(BadRequest, match=says):
        from_file(text)


def test_changed_letters_are_an_error_or_another_recipe_and_never_a_crash():
    chance = random.Random(3)
    good = to_link(SHARED)
    for _ in range(300):
        letters = list(good)
        for _ in range(chance.randint(1, 4)):
            letters[chance.randrange(3, len(letters))] = chance.choice("aZ09-_")
        with contextlib.suppress(BadRequest):
            assert from_link("".join(letters)).recipe.family


@pytest.mark.parametrize("text", ["a fox", "", "#r", "see #r=abc for it", "{}", "x" * 500_000])
def test_words_are_no_link(text):
    assert not is_link(text)
