"""Previews: the right colours, the right size, and where the picture is heading."""

import io
import json
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

from fooocus_lite.engine import previews, schedulers


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
def test_a_broken_map_falls_back_to_sdxl(tmp_path: Path, text: str) -> None:
    (tmp_path / "preview.json").write_text(text)
    assert previews.latent_map(tmp_path).factors.shape == (4, 3)
    assert previews.latent_map(tmp_path).bias[0] == pytest.approx(previews.SDXL_BIAS[0])


def test_the_models_own_map_is_read(tiny_model: Path) -> None:
    values = json.loads((tiny_model / "preview.json").read_text())
    assert previews.latent_map(tiny_model).factors.tolist() == [
        pytest.approx(row) for row in values["factors"]
    ]


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
