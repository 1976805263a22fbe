"""The starter's trainer, a few tiny steps of each part."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from training.__main__ import plan
from training.classifier import classifier_input, classify, new_classifier
from training.dataset import Bucket, DataOrder, build, load_buckets
from training.export import EXAMPLES, export, known_words
from training.optimizer import MuonAdamW, learning_rate_at, orthogonalized, split_parameters
from training.scene import random_scene
from training.starter import encode_text, load_starter, new_starter, predict, text_windows
from training.team import Team
from training.tokenizer import train_tokenizer
from training.train_lora import LoraRun
from training.train_lora import train as train_companion
from training.train_unet import (
    UnetRun,
    binding_gaps,
    cumulative_alphas,
    random_timesteps,
    size_ids,
    train,
    velocity_loss,
)
from training.train_vae import psnr
from training.vae import new_vae, whiten

pytestmark = pytest.mark.no_cover
ALONE = Team(0, 1, torch.device("cpu"))


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return train_tokenizer(tmp_path_factory.mktemp("tokenizer"), samples=300)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    new_vae().save_pretrained(folder / "vae")
    build(ALONE, DataOrder(folder / "vae", folder / "latents", pictures=60, shrink=2))
    return folder


def test_an_untrained_codec_already_keeps_the_picture() -> None:
    assert psnr(new_vae(), [Image.new("RGB", (64, 64), (200, 60, 60)).resize((64, 64))]) > 5


def test_whitened_latents_have_unit_spread_and_decode_as_before() -> None:
    vae = new_vae()
    pixels = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        before = vae.encode(pixels).latent_dist.mean
        picture = vae.decode(before).sample
        whiten(vae, before)
        after = vae.encode(pixels).latent_dist.mean
        assert torch.allclose(after.std((0, 2, 3)), torch.ones(4), atol=1e-3)
        assert torch.allclose(vae.decode(after).sample, picture, atol=1e-3)


def test_orthogonalized_matrices_have_singular_values_near_one() -> None:
    values = torch.linalg.svdvals(orthogonalized(torch.randn(24, 60)).float())
    assert values.min() > 0.5
    assert values.max() < 1.5


def test_the_learning_rate_is_flat_then_falls_to_its_floor() -> None:
    assert learning_rate_at(0.3, 1.0) == 1.0
    assert learning_rate_at(0.7, 1.0) == pytest.approx(0.51)
    assert learning_rate_at(1.5, 1.0) == pytest.approx(0.02)


def test_the_optimizer_lowers_a_loss() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    optimizer = MuonAdamW(*split_parameters(network), ALONE)
    inputs, targets = torch.randn(64, 8), torch.randn(64, 2)
    losses = []
    for _ in range(60):
        loss = torch.nn.functional.mse_loss(network(inputs), targets)
        loss.backward()
        optimizer.step(0.02)
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_timesteps_stay_in_range_and_alphas_fall() -> None:
    alphas = cumulative_alphas(torch.device("cpu"))
    steps = random_timesteps(1000, alphas, 0.3)
    assert 0 <= steps.min() <= steps.max() <= 999
    assert (alphas.diff() < 0).all()


@pytest.mark.parametrize("shape", [(32, 32), (20, 30), (18, 32), (32, 18)])
def test_the_unet_takes_every_aspect(shape: tuple[int, int], tokenizer) -> None:
    starter = new_starter(tokenizer)
    latents = torch.randn(2, 4, *shape)
    with torch.no_grad():
        text = encode_text(starter, ["a red circle", ""])
        output = predict(starter, latents, torch.tensor([5, 900]), text, size_ids(latents))
    assert output.shape == latents.shape
    assert torch.isfinite(output).all()


def test_a_long_prompt_is_read_in_two_windows_and_a_short_one_twice(tokenizer) -> None:
    starter = new_starter(tokenizer)
    short, long = "a red house", ", ".join(["a blue cat on the sea"] * 20)
    assert [len(window) for window in text_windows(tokenizer, long)[:2]] == [77, 77]
    with torch.no_grad():
        alone, pooled_alone = encode_text(starter, [short])
        together, pooled = encode_text(starter, [short, long])
    assert together.shape == (2, 154, 128)
    assert torch.allclose(together[0], alone[0].repeat(2, 1), atol=1e-5)
    assert torch.allclose(pooled[0], pooled_alone[0], atol=1e-5)


def test_one_window_is_what_the_tokenizer_writes_itself(tokenizer) -> None:
    for text in ("", "a red house, 8k, it's dusk", "zebra Grüße 龍"):
        ids = tokenizer(text, padding="max_length", max_length=77, truncation=True).input_ids
        assert text_windows(tokenizer, text) == [ids]


def test_a_data_folder_can_hold_chosen_styles_only(data: Path, tmp_path: Path) -> None:
    order = DataOrder(data / "vae", tmp_path, pictures=20, shrink=2, styles=("mosaic", "x-ray"))
    build(ALONE, order)
    scenes = [scene for bucket in load_buckets(tmp_path) for scene in bucket.scenes]
    assert {scene.style for scene in scenes} == {"mosaic", "x-ray"}


def test_a_data_folder_is_read_as_it_was_written(data: Path) -> None:
    buckets = load_buckets(data / "latents")
    assert {bucket.size for bucket in buckets} == {
        (128, 128), (120, 80), (80, 120), (128, 72), (72, 128),
    }  # fmt: skip
    for bucket in buckets:
        assert bucket.latents.shape[2:] == (bucket.size[1] // 8, bucket.size[0] // 8)
        assert len(bucket.scenes) == len(bucket.latents)


def test_no_data_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"training\.dataset"):
        load_buckets(tmp_path)


def test_a_short_run_trains_saves_and_can_be_resumed(data: Path, tokenizer, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    first = UnetRun(
        [data / "latents"], [1.0], tmp_path / "tokenizer", tmp_path / "first", None,
        minutes=0.03, largest_batch=2,
    )  # fmt: skip
    train(ALONE, first)
    again = load_starter(tmp_path / "first")
    assert "base" in binding_gaps(again, load_buckets(data / "latents"), count=2)
    loss = velocity_loss(again, torch.randn(2, 4, 16, 16), ["a red circle", ""], first)
    assert torch.isfinite(loss)


def test_a_companion_can_go_on_from_an_earlier_one(data: Path, tokenizer, tmp_path: Path) -> None:
    new_starter(tokenizer).save(tmp_path / "base")
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    run = LoraRun("lcm", tmp_path / "base", [data / "latents"], first, minutes=0.02, batch=2)
    train_companion(ALONE, run)
    train_companion(ALONE, replace(run, start=first, output=second, learning_rate=0.0))
    before, after = load_file(first), load_file(second)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_an_export_is_a_pipeline_folder_of_half_precision_safetensors(
    data: Path, tokenizer, tmp_path: Path
) -> None:
    new_starter(tokenizer).save(tmp_path / "parts")
    export(tmp_path / "parts", data / "vae", tmp_path / "starter")
    files = [path for path in (tmp_path / "starter").rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix in (".bin", ".pt", ".ckpt")]
    assert max(path.stat().st_size for path in files) < 15e6
    assert sum(path.stat().st_size for path in files) < 20e6
    preview = json.loads((tmp_path / "starter" / "preview.json").read_text())
    assert (len(preview["factors"]), len(preview["bias"])) == (4, 3)
    scheduler = json.loads((tmp_path / "starter/scheduler/scheduler_config.json").read_text())
    assert scheduler["prediction_type"] == "v_prediction"
    assert scheduler["clip_sample"] is False


def test_example_prompts_use_known_words_only() -> None:
    words = known_words()
    known = " ".join(words["objects"]).split() + [w + "s" for w in words["objects"]]
    for prompt in EXAMPLES:
        assert any(word in known for word in prompt.split()), prompt


def test_the_classifier_takes_any_picture() -> None:
    pictures = [Image.new("RGB", size, (9, 9, 9)) for size in ((256, 256), (240, 160), (7, 300))]
    assert len(classify(new_classifier().eval(), pictures)) == 3
    assert classifier_input(pictures[1]).shape == (3, 64, 64)


def test_the_plan_names_modules_that_exist() -> None:
    folder = Path(__file__).parent.parent / "training"
    for step in plan(Path("runs"), Path("out"), scale=0.1, processes=1):
        assert (folder / f"{step[0]}.py").exists()


def test_scenes_survive_the_data_folder(data: Path) -> None:
    bucket: Bucket = load_buckets(data / "latents")[0]
    assert any(scene.things for scene in bucket.scenes)
    assert hash(bucket.scenes[0]) is not None
    assert random_scene(random.Random(1)) == random_scene(random.Random(1))
