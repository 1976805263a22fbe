"""Previews: the right colours, the right size, and where the picture is heading."""

import io
import itertools
import json
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from diffusers import AutoencoderKL
from PIL import Image

from fooocus_lite.engine import previews, schedulers
from fooocus_lite.engine.latents import encoded
from fooocus_lite.thinking.schedulers import SCHEDULERS


def _opened(latents: torch.Tensor, into: previews.LatentMap) -> Image.Image:
    made = previews.jpeg(latents, into)
    assert made is not None
    return Image.open(io.BytesIO(made))


@pytest.fixture
def first_channel_is_red() -> previews.LatentMap:
    factors = numpy.zeros((4, 3), dtype=numpy.float32)
    factors[0, 0] = 1
    return previews.LatentMap(factors, numpy.zeros(3, dtype=numpy.float32))


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(32, 32, (256, 256)), (8, 8, (256, 256)), (128, 128, (512, 512)), (18, 32, (256, 144))],
)
def test_size_keeps_the_shape_within_256_and_512(
    height: int, width: int, size: tuple[int, int], first_channel_is_red: previews.LatentMap
) -> None:
    assert _opened(torch.zeros(1, 4, height, width), first_channel_is_red).size == size


def test_colours_follow_the_map(first_channel_is_red: previews.LatentMap) -> None:
    latents = torch.zeros(2, 4, 8, 8)
    latents[0, 0] = 1
    pixel = _opened(latents, first_channel_is_red).convert("RGB").getpixel((128, 128))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 250
    assert max(pixel[1:]) < 5


def test_another_number_of_channels_or_nan_has_no_preview(
    first_channel_is_red: previews.LatentMap,
) -> None:
    assert previews.jpeg(torch.zeros(1, 16, 8, 8), first_channel_is_red) is None
    assert previews.jpeg(torch.full((1, 4, 8, 8), torch.nan), first_channel_is_red) is None


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"factors": [1], "bias": [0, 0, 0]}', '{"factors": 1}']
)
def test_a_broken_map_counts_as_none(tmp_path: Path, text: str) -> None:
    assert previews.latent_map(tmp_path) is None
    (tmp_path / "preview.json").write_text(text)
    assert previews.latent_map(tmp_path) is None


def test_the_models_own_map_is_read(tiny_model: Path) -> None:
    values = json.loads((tiny_model / "preview.json").read_text())
    found = previews.latent_map(tiny_model)
    assert found is not None
    assert found.factors.tolist() == [pytest.approx(row) for row in values["factors"]]


@pytest.fixture(scope="module")
def starter_vae(starter: Path) -> Any:
    return AutoencoderKL.from_pretrained(starter / "vae", dtype=torch.float32)


def test_a_map_measured_on_a_real_vae_shows_the_colours_of_pictures(starter_vae: Any) -> None:
    into = previews.measured(starter_vae, 8)
    assert into is not None
    colours = torch.tensor(list(itertools.product((-0.8, 0.8), repeat=3))).view(8, 3, 1, 1)
    shown = [
        _opened(each[None], into).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
        for each in encoded(colours.expand(8, 3, 64, 64), starter_vae)
    ]
    error = numpy.asarray(shown) / 255 - (colours.view(8, 3).numpy() + 1) / 2
    assert numpy.abs(error).mean() < 0.12


def test_measuring_repeats_itself_and_asks_nobody_for_chance(starter_vae: Any) -> None:
    state = torch.random.get_rng_state()
    first, second = (previews.measured(starter_vae, 8) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.factors.tolist() == second.factors.tolist()
    assert torch.random.get_rng_state().equal(state)


def test_a_vae_too_narrow_for_float16_is_measured_as_it_decodes(starter: Path) -> None:
    vae = AutoencoderKL.from_pretrained(starter / "vae", dtype=torch.float16)
    before = {name: value.clone() for name, value in vae.state_dict().items()}
    assert vae.config.force_upcast
    found = previews.measured(vae, 8)
    assert found is not None
    assert vae.dtype == torch.float16
    assert all(value.equal(before[name]) for name, value in vae.state_dict().items())


def test_a_vae_of_nan_has_no_map(starter: Path) -> None:
    vae = AutoencoderKL.from_pretrained(starter / "vae", dtype=torch.float32)
    with torch.no_grad():
        vae.quant_conv.weight.fill_(torch.nan)
    assert previews.measured(vae, 8) is None


@pytest.mark.parametrize("name", [name for name, each in SCHEDULERS.items() if each.is_flow])
@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_a_glimpse_of_flow_matching_shows_the_clean_latents(name: str, shift: float) -> None:
    scheduler = schedulers.build(name, {"shift": shift}, 10)
    glimpse = previews.Glimpse(scheduler)
    scheduler.set_timesteps(10)
    generator = torch.Generator().manual_seed(0)
    clean, noise = (torch.randn(1, 16, 64, generator=generator) for _ in range(2))
    left = scheduler.sigmas[5]
    sample = left * noise + (1 - left) * clean
    scheduler.step(noise - clean, scheduler.timesteps[5], sample)
    expected = glimpse.expected()
    assert expected is not None
    torch.testing.assert_close(expected, clean, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("prediction_type", ["v_prediction", "epsilon", "sample"])
@pytest.mark.parametrize(
    "name", ["euler", "euler_karras", "heun", "dpmpp_2m", "ddim", "unipc", "lcm"]
)
def test_a_glimpse_shows_the_clean_latents_a_perfect_model_expects(
    name: str, prediction_type: str
) -> None:
    config = {
        "prediction_type": prediction_type,
        "beta_schedule": "scaled_linear",
        "beta_start": 0.00085,
    }
    scheduler = schedulers.build(name, config, 10)
    glimpse = previews.Glimpse(scheduler)
    assert glimpse.expected() is None
    scheduler.set_timesteps(10)
    generator = torch.Generator().manual_seed(0)
    clean, noise = (torch.randn(1, 4, 8, 8, generator=generator) for _ in range(2))
    timestep = scheduler.timesteps[5]
    alpha = scheduler.alphas_cumprod[round(float(timestep))]
    signal, spread = alpha**0.5, (1 - alpha) ** 0.5
    sample = signal * clean + spread * noise
    output = {"v_prediction": signal * noise - spread * clean, "epsilon": noise, "sample": clean}
    is_exploding = float(scheduler.init_noise_sigma) > 1.5
    scheduler.step(output[prediction_type], timestep, sample / signal if is_exploding else sample)
    expected = glimpse.expected()
    assert expected is not None
    torch.testing.assert_close(expected, clean, atol=1e-3, rtol=1e-3)
