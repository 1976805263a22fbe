"""The text of a recipe as a pipeline gets it: diffusers' own numbers, and more where it must be."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import tiny_families
import torch
from diffusers import FluxPipeline, StableDiffusionPipeline, StableDiffusionXLPipeline

from fooocus_lite.engine.conditions import Conditions
from fooocus_lite.recipe import ImageRequest, Recipe
from fooocus_lite.thinking.families import FAMILIES, Family

SDXL_NAMES = (
    "prompt_embeds",
    "negative_prompt_embeds",
    "pooled_prompt_embeds",
    "negative_pooled_prompt_embeds",
)
WORDS = "a small red cat, sitting on an old blue box!"
LONG = " ".join(f"word{number}" for number in range(40))


def recipe(prompt: str, negative_prompt: str = "", guidance_scale: float = 3.0) -> Recipe:
    return Recipe(
        model="tiny",
        family="sdxl",
        prompt=prompt,
        negative_prompt=negative_prompt,
        num_inference_steps=2,
        guidance_scale=guidance_scale,
        scheduler="euler",
        width=64,
        height=64,
        seed=1,
        request=ImageRequest(prompt="a cat"),
    )


@pytest.fixture(scope="module")
def sdxl(tiny_model: Path) -> Any:
    pipeline = StableDiffusionXLPipeline.from_pretrained(tiny_model, dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


@pytest.fixture(scope="module")
def sd15(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import tiny

    folder = tiny.build_sd15(tmp_path_factory.mktemp("models") / "sd15")
    return StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32)


def of(pipeline: Any, wanted: Recipe, family: str = "sdxl") -> dict[str, Any]:
    return Conditions(pipeline, FAMILIES[family]).arguments(wanted)


@pytest.mark.parametrize("has_zeros", [False, True])
@pytest.mark.parametrize("guidance_scale", [1.0, 3.0])
@pytest.mark.parametrize("negative_prompt", ["", "blurry, 2 boxes"])
@pytest.mark.parametrize("prompt", [WORDS, "l'été 🙂 שלום <|endoftext|> 100%", "x"])
def test_without_weights_sdxl_gets_the_numbers_of_diffusers_itself(
    sdxl: Any, prompt: str, negative_prompt: str, guidance_scale: float, has_zeros: bool
) -> None:
    before = sdxl.config.force_zeros_for_empty_prompt
    sdxl.register_to_config(force_zeros_for_empty_prompt=has_zeros)
    try:
        expected = sdxl.encode_prompt(
            prompt,
            negative_prompt=negative_prompt or None,
            do_classifier_free_guidance=guidance_scale > 1,
        )
        found = of(sdxl, recipe(prompt, negative_prompt, guidance_scale))
    finally:
        sdxl.register_to_config(force_zeros_for_empty_prompt=before)
    named = dict(zip(SDXL_NAMES, expected, strict=True))
    assert found.keys() == {name for name, value in named.items() if value is not None}
    assert all(torch.equal(found[name], named[name]) for name in found)


@pytest.mark.parametrize("guidance_scale", [1.0, 7.0])
@pytest.mark.parametrize("negative_prompt", ["", "blurry"])
def test_without_weights_sd15_gets_the_numbers_of_diffusers_itself(
    sd15: Any, negative_prompt: str, guidance_scale: float
) -> None:
    expected = sd15.encode_prompt(
        WORDS, "cpu", 1, guidance_scale > 1, negative_prompt=negative_prompt
    )
    found = of(sd15, recipe(WORDS, negative_prompt, guidance_scale), "sd15")
    named = dict(zip(("prompt_embeds", "negative_prompt_embeds"), expected, strict=True))
    assert found.keys() == {name for name, value in named.items() if value is not None}
    assert all(torch.equal(found[name], named[name]) for name in found)


def test_lines_and_breaks_stand_one_after_the_other_and_pooled_is_the_lines_mean(sdxl: Any) -> None:
    found = of(sdxl, recipe("a cat BREAK a box\na dog", "blurry"))
    alone = [sdxl.encode_prompt(each) for each in ("a cat", "a box", "a dog")]
    tokens = torch.concat([each[0] for each in alone], dim=1)
    assert torch.equal(found["prompt_embeds"], tokens)
    pooled = torch.stack([alone[0][2], alone[2][2]]).mean(dim=0)
    assert torch.equal(found["pooled_prompt_embeds"], pooled)
    negative = sdxl.encode_prompt("blurry")[0]
    assert torch.equal(found["negative_prompt_embeds"], negative.repeat(1, 3, 1))


@pytest.mark.parametrize(
    ("lines", "negative_lines", "windows"),
    [(1, 1, 1), (2, 1, 2), (2, 3, 6), (4, 6, 12), (9, 8, 72), (10, 9, 10)],
)
def test_prompt_and_negative_prompt_become_equally_long(
    sdxl: Any, lines: int, negative_lines: int, windows: int
) -> None:
    found = of(
        sdxl, recipe("\n".join("abcdefghij"[:lines]), "\n".join("klmnopqrst"[:negative_lines]))
    )
    lengths = {found[name].shape[1] for name in SDXL_NAMES[:2]}
    assert lengths == {77 * windows}


def test_being_repeated_changes_no_picture(sdxl: Any) -> None:
    """The claim that `_as_long` stands on, by the UNet that reads the result."""
    tokens, _, pooled, _ = sdxl.encode_prompt("a cat")
    latents = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    added = {"text_embeds": pooled, "time_ids": torch.ones(1, 6)}
    with torch.no_grad():
        once, thrice = (
            sdxl.unet(latents, 500, tokens.repeat(1, count, 1), added_cond_kwargs=added).sample
            for count in (1, 3)
        )
    assert torch.allclose(once, thrice, atol=1e-5)


def test_a_long_prompt_loses_nothing_and_cooks(sdxl: Any) -> None:
    """A letter is a token to the tiny tokenizer: 230 of them are four windows of whole words."""
    found = of(sdxl, recipe(LONG, "blurry"))
    words = LONG.split()
    starts = [0, 14, 26, 38, 40]
    parts = [" ".join(words[start:stop]) for start, stop in pairwise(starts)]
    expected = torch.concat([sdxl.encode_prompt(part)[0] for part in parts], dim=1)
    assert torch.equal(found["prompt_embeds"], expected)
    assert torch.equal(found["pooled_prompt_embeds"], sdxl.encode_prompt(parts[0])[2])
    image = sdxl(**found, width=64, height=64, num_inference_steps=1, guidance_scale=3.0).images[0]
    assert image.size == (64, 64)


@pytest.mark.parametrize(
    ("family", "guidance_scale", "expected"),
    [
        ("z-image", 4.0, {"prompt": "a red cat, a dog", "negative_prompt": "blurry, noise"}),
        ("z-image", 0.0, {"prompt": "a red cat, a dog"}),
        ("flux2-klein", 4.0, {"prompt": "a red cat, a dog"}),
    ],
)
def test_encoders_that_read_sentences_get_the_words_as_they_are(
    sdxl: Any, family: str, guidance_scale: float, expected: dict[str, str]
) -> None:
    wanted = recipe("a (red:1.5) cat\na dog", "[blurry] BREAK noise", guidance_scale)
    assert of(sdxl, wanted, family) == expected | {"max_sequence_length": 512}


@pytest.mark.parametrize(("is_guided", "tokens"), [(True, 512), (False, 256)])
def test_a_model_that_takes_no_guidance_reads_as_much_as_it_was_trained_with(
    is_guided: bool, tokens: int, tmp_path: Path
) -> None:
    folder = tiny_families.build("flux1", tmp_path / "flux1")
    pipeline = FluxPipeline.from_pretrained(folder)
    pipeline.transformer.register_to_config(guidance_embeds=is_guided)
    assert of(pipeline, recipe("a cat"), "flux1")["max_sequence_length"] == tokens


def test_an_empty_negative_prompt_is_a_text_where_none_would_mean_no_guidance(sdxl: Any) -> None:
    family: Family = replace(FAMILIES["qwen-image"], guidance_off=1.0)
    assert Conditions(sdxl, family).arguments(recipe("a cat"))["negative_prompt"] == ""
