"""Sample pictures of models and LoRAs: asked of the real line, made by the real starter."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import single_files
from PIL import Image, ImageChops, ImageStat
from test_uploads import SD15, safetensors

from fooocus_lite.errors import UnknownName, WeightsError
from fooocus_lite.line import samples as line_samples
from fooocus_lite.line.samples import MAX_STEPS, OWNER, PROMPT, SEED
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.thinking.forecast import Forecast

STARTER = "starter"
SMALL = ImageRequest(
    prompt="a red circle", width=64, height=64, num_inference_steps=2, seed=1, guidance_scale=3
)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    opened = Studio(load({"home": tmp_path}))
    yield opened
    opened.close()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A starter that comes without a sample."""
    monkeypatch.setattr(line_samples, "SHIPPED", "none.webp")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples as small as a family makes them."""
    monkeypatch.setattr(line_samples, "_side", lambda family: family.min_side)


def settle(studio: Studio) -> None:
    """Cooks until no sample is underway."""
    studio.cook()
    deadline = time.monotonic() + 300
    while studio.samples.underway():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def checkpoint(studio: Studio, name: str, folder: str = "checkpoints") -> None:
    """A file with the header of a whole SD 1.5."""
    path = studio.settings.models / folder / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(safetensors(SD15))


def lora(studio: Studio, width: int, trigger: str) -> None:
    path = studio.settings.models / "loras" / "ink.safetensors"
    path.parent.mkdir(parents=True)
    single_files.lora(path, width, trigger)


def says(seconds: float | None) -> Forecast:
    return Forecast(seconds, 0.0, 5_000, 8_000, "CPU", "")


def test_a_sample_is_made_by_the_model_and_is_no_picture_of_the_history(
    studio: Studio, bare: None, small: None
) -> None:
    samples = studio.samples
    samples.ask(STARTER)
    samples.ask(STARTER)
    assert samples.underway() == {STARTER}
    assert studio.jobs.active() == studio.jobs.active(OWNER)
    assert len(studio.jobs.active()) == 1
    settle(studio)
    assert samples.picture(STARTER) is None
    samples.gather()
    samples.gather()
    path = samples.picture(STARTER)
    assert path is not None
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("WEBP", (64, 64))
    assert studio.gallery.history() == []
    assert not [each for each in studio.settings.output_path.rglob("*") if each.is_file()]
    assert samples.problem(STARTER) == ""
    samples.forget(STARTER)
    assert samples.picture(STARTER) is None


def test_the_starter_comes_with_the_sample_that_it_makes(studio: Studio) -> None:
    shipped = studio.samples.picture(STARTER)
    assert shipped is not None
    assert studio.samples.offers() == {}
    studio.samples.ask(STARTER)
    settle(studio)
    studio.samples.gather()
    made = studio.samples.picture(STARTER)
    assert made is not None
    assert made != shipped
    with Image.open(made) as one, Image.open(shipped) as other:
        apart = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB")))
    assert max(apart.mean) < 4, f"copy {made.name} of state/samples to {shipped}"
    studio.samples.forget(STARTER)
    assert studio.samples.picture(STARTER) == shipped


def test_everybody_else_goes_first(studio: Studio) -> None:
    studio.samples.ask(STARTER)
    later = studio.orders.start(SMALL, owner="1" * 32)
    assert studio.jobs.active() == [later, *studio.jobs.active(OWNER)]


def test_it_is_quick_small_and_always_the_same(studio: Studio) -> None:
    checkpoint(studio, "dream")
    for name, side in ((STARTER, 256), ("dream", 512)):
        request = studio.samples.request(name)
        assert (request.model, request.seed, request.count) == (name, SEED, 1)
        assert (request.width, request.height) == (side, side)
        assert (request.num_inference_steps or 0) <= MAX_STEPS
        assert request.styles == request.loras == ()
        assert studio.orders.plan(request)[0].loras == () or name == STARTER


def test_a_lora_is_tried_with_a_model_that_fits_and_its_plain_words(studio: Studio) -> None:
    lora(studio, width=768, trigger="ink style, {a|b}, <lora:other:2>, __color__, wet")
    with pytest.raises(WeightsError, match=r"made for Stable Diffusion 1\.5, and no such model"):
        studio.samples.request("loras/ink")
    checkpoint(studio, "dream")
    request = studio.samples.request("loras/ink")
    assert (request.model, request.prompt) == ("dream", f"ink style, wet, {PROMPT}")
    assert [(each.name, each.weight) for each in request.loras or ()] == [("ink", 1.0)]


@pytest.mark.parametrize("name", ["somebody/none", "loras/none", "", "../x"])
def test_what_is_not_here_has_no_sample(studio: Studio, name: str) -> None:
    with pytest.raises(UnknownName):
        studio.samples.ask(name)
    assert studio.samples.picture(name) is None


def test_names_that_look_alike_have_files_of_their_own(studio: Studio) -> None:
    names = ["a/b", "a-b", "A/B", "loras/a-b", "../a/b", "界"]
    paths = {studio.samples._path(name) for name in names}
    assert len(paths) == len(names)
    assert {path.parent for path in paths} == {studio.settings.state / "samples"}


@pytest.mark.parametrize(
    ("expected", "is_asked"),
    [(None, False), (says(None), False), (says(3600), False), (says(119), True)],
)
def test_only_what_is_known_to_be_quick_is_made_unasked(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, expected: Forecast | None, is_asked: bool
) -> None:
    monkeypatch.setattr(studio.samples, "forecast", lambda _name: expected)
    studio.samples.ask_if_quick(STARTER)
    assert bool(studio.jobs.active(OWNER)) is is_asked


def test_a_new_model_has_the_forecast_of_its_family_and_is_sampled_at_once(
    studio: Studio, tiny_model: Path, small: None
) -> None:
    for name in ("first", "second"):
        shutil.copytree(tiny_model, studio.settings.models / name)
    studio.cook()
    studio.samples.ask("first")
    settle(studio)
    expected = studio.samples.forecast("second")
    assert expected is not None
    assert expected.seconds is not None
    assert expected.seconds < 120
    assert replace(expected, seconds=None).text in expected.text
    studio.samples.ask_if_quick("second")
    assert studio.samples.underway() == {"second"} or studio.gallery.history()


def test_why_there_is_none_is_said(studio: Studio, tiny_model: Path, small: None) -> None:
    copy = shutil.copytree(tiny_model, studio.settings.models / "damaged")
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    studio.samples.ask("damaged")
    settle(studio)
    assert "diffusion_pytorch_model" in studio.samples.problem("damaged")
    studio.samples.gather()
    assert studio.samples.picture("damaged") is None


def test_all_that_could_have_a_sample_is_offered_one_and_nothing_else(
    studio: Studio, bare: None, tiny_model: Path, small: None
) -> None:
    lora(studio, width=768, trigger="ink")
    checkpoint(studio, "lonely")
    shutil.copytree(tiny_model, studio.settings.models / "tiny")
    (studio.settings.models / "loras" / "old.pt").write_bytes(b"\x80\x02")
    assert studio.samples.offers() == {STARTER: None, "tiny": None}
    studio.cook()
    studio.samples.ask("tiny")
    settle(studio)
    studio.samples.gather()
    assert set(studio.samples.offers()) == {STARTER}
    studio.samples.forget("tiny")
    shutil.copytree(studio.settings.models / "tiny", studio.settings.models / "twin")
    offers = studio.samples.offers()
    assert offers["tiny"] == offers["twin"]
    assert offers["twin"] is not None
    assert offers["twin"].seconds is not None
