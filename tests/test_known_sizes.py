"""The table of known sizes: reckoned, never typed; as large as what is published; planned with."""

import json
import re

import pytest

from benchmarks import known_sizes as reckoning
from benchmarks.published import ARCHITECTURES
from fooocus_lite.settings import load
from fooocus_lite.supplies.stock import Stock
from fooocus_lite.thinking.costs import native_picture
from fooocus_lite.thinking.families import FAMILIES, REFINERS
from fooocus_lite.thinking.memory import HardwareFacts, MemoryPlan, plans
from fooocus_lite.thinking.model_size import ModelSize
from fooocus_lite.weights import known_sizes
from fooocus_lite.weights.known_sizes import NAMED, OF_FAMILY, TABLE

GIB = 2**30
SDXL = "stabilityai/stable-diffusion-xl-base-1.0"
SCHNELL = "black-forest-labs/FLUX.1-schnell"
QWEN = "Qwen/Qwen-Image-2512"
PUBLISHED_BYTES = {"z-image-turbo": {"transformer": 4}}
"""Downloads have two bytes a number, but for these parts, which are published in 32 bits."""
LORA_GIB = {"lightning": 0.37, "low-vram": 0.37}
"""What a preset downloads besides its model: the LoRA of its performance."""


def known(name: str, family: str) -> ModelSize:
    found = known_sizes.of(name, family)
    assert found is not None
    return found


def test_the_table_is_what_the_published_configs_make() -> None:
    assert json.loads(TABLE.read_text(encoding="utf-8")) == reckoning.table()


def test_the_file_is_written_with_a_part_on_each_line() -> None:
    text = reckoning.written(json.loads(TABLE.read_text(encoding="utf-8")))
    assert text == TABLE.read_text(encoding="utf-8")
    assert text.count('"name": "vae"') == len(ARCHITECTURES)


@pytest.mark.parametrize(
    ("architecture", "billions"),
    [
        ("SD 1.5", 0.86),
        ("SDXL", 2.57),
        ("SDXL refiner", 2.26),
        ("SD 3.5 Large", 8.1),
        ("SD 3.5 Medium", 2.5),
        ("FLUX.1 schnell", 11.9),
        ("FLUX.1 dev", 11.9),
        ("FLUX.2 klein 4B", 3.9),
        ("FLUX.2 klein 9B", 9.1),
        ("Z-Image", 6.15),
        ("Qwen-Image", 20.4),
        ("Chroma", 8.9),
        ("Lumina Image 2.0", 2.6),
        ("Sana 1.6B", 1.6),
        ("Sana 0.6B", 0.59),
        ("SANA 1.5 4.8B", 4.7),
    ],
)
def test_the_denoiser_is_as_large_as_its_makers_say(architecture: str, billions: float) -> None:
    size = reckoning.size_of(ARCHITECTURES[architecture])
    assert size.denoiser.parameters / 1e9 == pytest.approx(billions, rel=0.015)


def test_every_download_of_a_preset_is_as_large_as_its_numbers(tmp_path) -> None:
    for name, preset in Stock(load({"home": tmp_path})).presets.items():
        if preset.download_gib is None or preset.family is None:
            continue
        widths = PUBLISHED_BYTES.get(name, {})
        parts = known(preset.model, preset.family).parts
        gib = sum(part.parameters * widths.get(part.name, 2) for part in parts) / GIB
        gib += LORA_GIB.get(name, 0)
        assert gib == pytest.approx(preset.download_gib, rel=0.03), name
        if preset.refiner is not None:
            refiner = known(preset.refiner, REFINERS[preset.family].name)
            assert refiner.parameters * 2 / GIB == pytest.approx(preset.refiner_gib, rel=0.03)


def test_every_family_that_can_be_downloaded_is_known() -> None:
    kinds = {*FAMILIES, *(each.name for each in REFINERS.values())} - {"starter"}
    assert set(OF_FAMILY) == kinds
    assert {name for names in OF_FAMILY.values() for name in names} == set(ARCHITECTURES)
    assert set(NAMED.values()) <= set(ARCHITECTURES)
    assert known_sizes.of("somebody/new", "starter") is None


@pytest.mark.parametrize(
    ("download_gib", "is_known"),
    [(None, True), (6.5, True), (12.9, True), (3.4, False), (1.0, False), (31.7, False)],
)
def test_a_download_that_is_not_as_large_as_its_familys_is_not_known(
    download_gib: float | None, is_known: bool
) -> None:
    size = known_sizes.of("somebody/xl", "sdxl", download_gib and download_gib * GIB)
    assert (size is not None) == is_known


@pytest.mark.parametrize(
    ("family", "download_gib", "architecture"),
    [
        ("sd35", 25.7, "SD 3.5 Large"),
        ("sd35", 15.1, "SD 3.5 Medium"),
        ("sd35", 30.3, "SD 3.5 Medium"),  # in 32 bits
        ("sd35", 51.4, "SD 3.5 Large"),
        ("flux2-klein", 14.9, "FLUX.2 klein 4B"),
        ("flux2-klein", 32.3, "FLUX.2 klein 9B"),
        ("flux1", None, "FLUX.1 dev"),
        ("sd35", 6.5, None),
        ("sd35", None, None),
        ("flux2-klein", None, None),
        ("sana", None, None),
    ],
)
def test_a_model_of_a_family_of_several_sizes_is_told_by_its_download(
    family: str, download_gib: float | None, architecture: str | None
) -> None:
    size = known_sizes.of("somebody/tuned", family, download_gib and download_gib * GIB)
    assert size == (reckoning.size_of(ARCHITECTURES[architecture]) if architecture else None)


def test_what_overflows_and_what_is_widened_is_known_too() -> None:
    assert known(SDXL, "sdxl").decoder_shape.needs_float32
    assert not known("stable-diffusion-v1-5/any", "sd15").decoder_shape.needs_float32
    assert known(SCHNELL, "flux1").is_float16_safe
    assert not known(QWEN, "qwen-image").is_float16_safe


def card(gib: float, ram_gib: float = 64) -> HardwareFacts:
    """A card of today, with what a desktop leaves free of it."""
    return HardwareFacts(
        device="cuda",
        name="A card",
        free_ram_mib=round(ram_gib * 1024),
        free_vram_mib=round((gib - 0.5) * 1024),
        total_mib=round(gib * 1024),
        has_native_bf16=True,
        has_float8=True,
        has_streams=True,
    )


def computer(ram_gib: float) -> HardwareFacts:
    return HardwareFacts(free_ram_mib=round(ram_gib * 1024), has_native_bf16=True)


def planned(name: str, family: str, facts: HardwareFacts) -> MemoryPlan:
    return plans(facts, known(name, family), native_picture(FAMILIES[family]))[0]


@pytest.mark.parametrize(
    ("name", "family", "facts", "place"),
    [
        ("stable-diffusion-v1-5/any", "sd15", card(4), "all on the GPU"),
        (SDXL, "sdxl", card(4), "block offload"),
        (SDXL, "sdxl", card(8), "model offload"),
        (SDXL, "sdxl", card(12), "all on the GPU"),
        (SDXL, "sdxl", computer(16), "CPU"),
        (SCHNELL, "flux1", card(12), "block offload"),
        (SCHNELL, "flux1", card(16), "model offload, 8-bit weights"),
        (SCHNELL, "flux1", card(48), "all on the GPU"),
        (QWEN, "qwen-image", card(24), "model offload, 8-bit weights"),
        (QWEN, "qwen-image", card(80), "all on the GPU"),
    ],
)
def test_what_fits_is_planned_before_it_is_downloaded(
    name: str, family: str, facts: HardwareFacts, place: str
) -> None:
    plan = planned(name, family, facts)
    assert not plan.is_tight
    assert plan.needed_mib <= facts.free_mib
    assert plan.place.startswith(place)


@pytest.mark.parametrize(
    ("name", "family", "facts", "needs"),
    [
        (SDXL, "sdxl", computer(6), "of memory and 6.0 GiB are free"),
        (SCHNELL, "flux1", computer(16), "of memory and 16.0 GiB are free"),
        (QWEN, "qwen-image", computer(32), "of memory and 32.0 GiB are free"),
        (QWEN, "qwen-image", card(24, ram_gib=16), "of memory and 16.0 GiB are free"),
    ],
)
def test_what_never_fits_is_told_before_it_is_downloaded(
    name: str, family: str, facts: HardwareFacts, needs: str
) -> None:
    plan = planned(name, family, facts)
    assert plan.is_tight
    assert "even its thriftiest way needs" in plan.reason
    assert needs in plan.reason


def test_what_a_preset_says_of_cards_is_what_would_be_planned_there(tmp_path) -> None:
    words = {"none": "all of it there", "model": "parts taking turns", "block": "layers taking"}
    for name, preset in Stock(load({"home": tmp_path})).presets.items():
        if preset.memory_gib is None or preset.family is None:
            continue
        told = re.search(r"(\d+) GiB of the computer's", preset.memory_note)
        facts = card(preset.memory_gib, ram_gib=int(told.group(1)) if told else 32)
        plan = planned(preset.model, preset.family, facts)
        assert not plan.is_tight, name
        assert words[plan.offload] in preset.memory_note, name
        assert (plan.storage == "float8") == ("8 bits" in preset.memory_note), name
        if whole := re.search(r"all of it there with (\d+) GiB", preset.memory_note):
            roomy = planned(preset.model, preset.family, card(int(whole.group(1))))
            assert roomy.offload == "none", name
