"""The family table against the diffusers that is installed: nothing in it is from memory."""

import inspect
from types import SimpleNamespace

import diffusers
import pytest
from diffusers.models.cache_utils import CacheMixin

from fooocus_lite.thinking.families import FAMILIES, PERFORMANCES, STARTER, Family, ratio
from fooocus_lite.thinking.schedulers import SCHEDULERS

SDXL, FLUX1, Z_IMAGE = (FAMILIES[name] for name in ("sdxl", "flux1", "z-image"))


@pytest.fixture(params=FAMILIES.values(), ids=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return request.param


def call_of(family: Family) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(getattr(diffusers, family.pipeline).__call__).parameters)


def test_every_class_exists_in_diffusers(family: Family):
    for name in (family.pipeline, family.img2img, family.inpaint, family.denoiser):
        assert name is None or inspect.isclass(getattr(diffusers, name))
    for name in (family.img2img, family.inpaint):
        if name is not None:
            parameters = inspect.signature(getattr(diffusers, name).__call__).parameters
            assert {"image", "strength"} <= set(parameters)


def test_a_family_without_an_image_pipeline_has_none_in_diffusers(family: Family):
    stem = family.pipeline.removesuffix("Pipeline")
    if family.img2img is None:
        assert not hasattr(diffusers, f"{stem}Img2ImgPipeline")
    if family.inpaint is None:
        assert not hasattr(diffusers, f"{stem}InpaintPipeline")


def test_text_encoders_are_parts_of_the_pipeline(family: Family):
    parts = inspect.signature(getattr(diffusers, family.pipeline).__init__).parameters
    named = {each.name for each in family.text_encoders}
    assert named == {part for part in parts if part.startswith("text_encoder")}
    assert {each.tokenizer for each in family.text_encoders} <= set(parts)
    assert all(each.max_tokens == 77 for each in family.text_encoders) == (family.text == "clip")


def test_the_limit_of_a_long_encoder_is_the_pipelines_own(family: Family):
    limit = call_of(family).get("max_sequence_length")
    assert (limit is None) == (family.text == "clip")
    if limit is not None:
        assert family.text_encoders[-1].max_tokens == limit.default


def test_guidance_goes_where_the_pipeline_takes_it(family: Family):
    assert family.guidance_argument in call_of(family)
    assert not family.has_negative_prompt or "negative_prompt" in call_of(family)
    assert family.guidance_scale > family.guidance_off


def test_guidance_is_off_at_the_value_that_says_so(family: Family):
    is_on = getattr(getattr(diffusers, family.pipeline), "do_classifier_free_guidance", None)
    if is_on is None:
        assert family.pipeline in ("FluxPipeline", "QwenImagePipeline")
        return
    stand_in = SimpleNamespace(
        _guidance_scale=family.guidance_off,
        unet=SimpleNamespace(config=SimpleNamespace(time_cond_proj_dim=None)),
        config=SimpleNamespace(is_distilled=False),
    )
    assert not is_on.fget(stand_in)
    stand_in._guidance_scale += 0.01
    assert is_on.fget(stand_in)


def test_capabilities_are_those_of_the_classes(family: Family):
    pipeline, denoiser = (getattr(diffusers, name) for name in (family.pipeline, family.denoiser))
    assert family.has_step_callback == ("callback_on_step_end" in call_of(family))
    assert family.has_lora == hasattr(pipeline, "load_lora_weights")
    assert family.has_step_cache == issubclass(denoiser, CacheMixin)
    assert family.can_compile_blocks == bool(denoiser._repeated_blocks)


def test_latents_have_the_channels_that_the_denoiser_reads(family: Family):
    parameters = inspect.signature(getattr(diffusers, family.denoiser).__init__).parameters
    patch = 4 if family.latents.is_packed else 1
    assert parameters["in_channels"].default == family.latents.channels * patch


def test_sides_are_multiples_of_what_one_latent_or_patch_covers(family: Family):
    assert family.size_multiple % family.latents.factor == 0
    for side in (family.min_side, family.max_side):
        assert side % family.size_multiple == 0


def test_every_size_can_be_made(family: Family):
    for aspect in family.all_aspects:
        for side in (aspect.width, aspect.height):
            assert side % family.size_multiple == 0
            assert family.min_side <= side <= family.max_side


def test_aspects_have_their_own_names_and_nearly_the_native_pixels(family: Family):
    names = [aspect.name for aspect in family.all_aspects]
    assert len(set(names)) == len(names)
    assert 5 <= len(family.aspects) <= 7
    native_pixels = family.aspects[0].width * family.aspects[0].height
    for aspect in family.all_aspects:
        wide, high = map(int, aspect.name.split(":"))
        assert aspect.width / aspect.height == pytest.approx(wide / high, rel=0.05)
        assert 0.5 < aspect.width * aspect.height / native_pixels < 1.2


def test_sdxl_has_its_26_sizes():
    assert len(set(SDXL.sizes)) == len(SDXL.all_aspects) == 26
    assert {ratio(*size) for size in SDXL.sizes} >= {"1:1", "9:7", "7:9", "3:1", "1:2"}


def test_the_default_scheduler_and_those_of_every_row_are_allowed(family: Family):
    assert len(set(family.schedulers)) == len(family.schedulers)
    rows = (*family.performances, *family.distilled)
    used = {row.scheduler for row in rows if row.scheduler}
    assert used | {family.scheduler} <= set(family.schedulers) <= set(SCHEDULERS)


def test_models_of_one_kind_of_training_get_its_schedulers_only(family: Family):
    is_flow = family.denoiser != "UNet2DConditionModel"
    assert all(SCHEDULERS[name].is_flow == is_flow for name in family.schedulers)


def test_rows_are_among_the_known_performances_and_say_what_they_do(family: Family):
    for rows in (family.rows(), family.rows(is_distilled=True)):
        names = [row.name for row in rows]
        assert names == [name for name in PERFORMANCES if name in names]
        assert all(str(row.num_inference_steps) in row.hint for row in rows)


def test_a_quick_row_is_without_guidance_and_its_lora_has_a_source(family: Family):
    for row in family.performances:
        if row.lora is None:
            continue
        assert row.guidance_scale == family.guidance_off
        assert row.lora.file.endswith(".safetensors")
        assert row.lora.repo_id is not None or family is STARTER


def test_offers_name_all_performances_and_give_a_reason_for_each_that_is_not_possible():
    offers = {offer.name: offer for offer in FLUX1.offers()}
    assert tuple(offers) == PERFORMANCES
    assert offers["Speed"].reason == ""
    assert offers["Extreme Speed"].reason == "There is no LCM LoRA for this model."


def test_a_distilled_model_greys_what_does_not_suit_it():
    offers = Z_IMAGE.offers(is_distilled=True)
    assert [offer.name for offer in offers if not offer.reason] == ["Speed"]
    assert all("made for 9 steps" in offer.reason for offer in offers if offer.reason)


def test_the_starters_lora_lies_beside_it(starter):
    rows = {row.name: row for row in STARTER.performances}
    assert (starter / "loras" / rows["Extreme Speed"].lora.file).is_file()
