"""The memory planner: facts in, plans that fit out, best first; random facts from a seed."""

from dataclasses import replace
from random import Random

import pytest

from fooocus_lite.thinking.activations import DecoderShape, DenoiserShape
from fooocus_lite.thinking.costs import Picture
from fooocus_lite.thinking.memory import HardwareFacts, MemoryPlan, plans
from fooocus_lite.thinking.model_size import ModelSize, Part

CPU = HardwareFacts(device="cpu", name="A CPU", cores=4, free_ram_mib=32_000)
GPU = HardwareFacts(
    device="cuda",
    name="A GPU",
    cores=8,
    free_ram_mib=64_000,
    free_vram_mib=24_000,
    has_native_bf16=True,
    has_float8=True,
    has_streams=True,
)
MAC = HardwareFacts(device="mps", name="Apple GPU", cores=8, free_ram_mib=16_000)
MILLION = 10**6


def part(name: str, role: str, total: float, block: float, outside: float, leaf: float) -> Part:
    """A part from millions of parameters."""
    return Part(name, role, *(round(each * MILLION) for each in (total, block, outside, leaf)))


STARTER = ModelSize(
    (part("unet", "denoiser", 7, 3, 1, 0.2), part("vae", "decoder", 1, 0, 1, 0.1)),
    DenoiserShape("unet", 48, 8),
    DecoderShape(64, 512),
)
SDXL = ModelSize(
    (
        part("unet", "denoiser", 2567, 351, 7, 29.5),
        part("text_encoder", "text", 123, 0, 123, 38),
        part("text_encoder_2", "text", 695, 0, 695, 63),
        part("vae", "decoder", 84, 0, 84, 2.4),
    ),
    DenoiserShape("unet", 320, 8),
    DecoderShape(256, 512, needs_float32=True),
)
FLUX = ModelSize(
    (
        part("transformer", "denoiser", 11_901, 340, 60, 57),
        part("text_encoder", "text", 123, 0, 123, 38),
        part("text_encoder_2", "text", 4_762, 0, 4_762, 132),
        part("vae", "decoder", 84, 0, 84, 2.4),
    ),
    DenoiserShape("transformer", 3072, 16, text_tokens=512),
    DecoderShape(256, 512),
)
OVERFLOWING = replace(FLUX, is_float16_safe=False)
MODELS = {"starter": STARTER, "SDXL": SDXL, "FLUX": FLUX}
NATIVE = Picture(1024, 1024)


def random_facts(random: Random) -> HardwareFacts:
    device = random.choice(["cpu", "cuda", "cuda", "mps"])
    free_vram_mib = random.randint(500, 50_000) if device == "cuda" else None
    return HardwareFacts(
        device=device,
        name="Some device",
        cores=random.randint(0, 64),
        free_ram_mib=random.randint(500, 130_000),
        free_vram_mib=free_vram_mib,
        has_native_bf16=random.random() < 0.5,
        has_float8=device == "cuda" and random.random() < 0.7,
        has_streams=device == "cuda" and random.random() < 0.7,
        backends=frozenset({"bitsandbytes"} if random.random() < 0.3 else ()),
    )


def random_picture(random: Random) -> Picture:
    width, height = (64 * random.randint(4, 32) for _ in range(2))
    return Picture(width, height, random.choice([1, 2]), random.randint(1, 60))


CASES = [
    (name, random_facts(random), random_picture(random))
    for random in [Random(4)]
    for _ in range(150)
    for name in MODELS
]


def best(facts: HardwareFacts, model: ModelSize, picture: Picture = NATIVE) -> MemoryPlan:
    return plans(facts, model, picture)[0]


@pytest.mark.parametrize(
    ("facts", "model", "dtype"),
    [
        (CPU, STARTER, "float32"),
        (CPU, SDXL, "float32"),
        (replace(CPU, has_native_bf16=True), STARTER, "bfloat16"),
        (replace(CPU, has_native_bf16=True), SDXL, "bfloat16"),
        (GPU, STARTER, "float32"),
        (GPU, SDXL, "bfloat16"),
        (replace(GPU, has_native_bf16=False), SDXL, "float16"),
        (replace(GPU, has_native_bf16=False), OVERFLOWING, "bfloat16"),
        (MAC, STARTER, "float32"),
        (MAC, SDXL, "float16"),
        (MAC, FLUX, "float32"),
        (replace(MAC, has_native_bf16=True), FLUX, "bfloat16"),
    ],
)
def test_dtype_follows_the_device_and_the_model(
    facts: HardwareFacts, model: ModelSize, dtype: str
) -> None:
    assert best(facts, model).dtype == dtype


def test_numbers_too_large_for_float16_are_said_to_be_the_reason_for_a_slow_plan() -> None:
    made = best(replace(GPU, has_native_bf16=False), OVERFLOWING)
    assert "float16 overflows in this model; this GPU emulates bfloat16, slowly" in made.reason


def test_every_plan_fits_or_says_that_nothing_does() -> None:
    tight = 0
    for name, facts, picture in CASES:
        made = plans(facts, MODELS[name], picture)
        if made[0].is_tight:
            tight += 1
            assert len(made) == 1
            assert "may fail" in made[0].reason
            continue
        for plan in made:
            assert plan.needed_mib <= facts.free_mib
            assert plan.expected_ram_mib <= facts.free_ram_mib
    assert 0 < tight < len(CASES) / 2


def test_each_next_plan_needs_less_memory() -> None:
    lengths = set()
    for name, facts, picture in CASES:
        needs = [plan.needed_mib for plan in plans(facts, MODELS[name], picture)]
        assert needs == sorted(set(needs), reverse=True)
        lengths.add(len(needs))
    assert max(lengths) >= 5


@pytest.mark.parametrize("prefer", ["quality", "speed"])
def test_more_memory_never_gives_a_slower_plan(prefer: str) -> None:
    """Slower is allowed for one thing only: a plan that spares a loss."""
    random = Random(7)
    for name, facts, picture in CASES:
        more = replace(facts, free_ram_mib=facts.free_ram_mib + random.randint(0, 50_000))
        if facts.free_vram_mib is not None:
            more = replace(more, free_vram_mib=facts.free_vram_mib + random.randint(0, 30_000))
        little = plans(facts, MODELS[name], picture, prefer)[0]
        much = plans(more, MODELS[name], picture, prefer)[0]
        if little.is_tight:
            continue
        assert not much.is_tight
        if much.expected_extra_s > little.expected_extra_s:
            assert prefer == "quality"
            assert set(much.losses) < set(little.losses)


def test_the_same_facts_give_the_same_plans() -> None:
    for name, facts, picture in CASES:
        again = replace(facts, name=facts.name)
        assert plans(facts, MODELS[name], picture) == plans(again, MODELS[name], picture)


def test_nothing_is_planned_that_the_machine_cannot_do() -> None:
    for name, facts, picture in CASES:
        for plan in plans(facts, MODELS[name], picture):
            assert plan.device == facts.device
            assert plan.threads == max(1, facts.cores)
            assert plan.dtype != "bfloat16" or facts.has_native_bf16
            assert plan.dtype != "float16" or facts.device != "cpu"
            assert plan.storage != "float8" or facts.has_float8
            assert plan.storage != "nf4" or facts.backends
            assert not plan.has_streams or facts.has_streams
            assert plan.offload == "none" or facts.device == "cuda"
            assert plan.expected_vram_mib == 0 or facts.device == "cuda"


@pytest.mark.parametrize(
    ("model", "free_gb", "label"),
    [
        (SDXL, 24, "cuda bfloat16"),
        (SDXL, 8, "cuda bfloat16 model offload"),
        (SDXL, 6, "cuda bfloat16 block offload"),
        (SDXL, 4, "cuda bfloat16 block offload"),
        (SDXL, 2, "cuda bfloat16 leaf offload vae tiling"),
        (FLUX, 48, "cuda bfloat16"),
        (FLUX, 24, "cuda bfloat16 model offload"),
        (FLUX, 12, "cuda bfloat16 block offload"),
        (FLUX, 4, "cuda bfloat16 block offload"),
    ],
)
def test_what_common_cards_get(model: ModelSize, free_gb: int, label: str) -> None:
    # A card's system keeps some of its memory.
    facts = replace(GPU, free_vram_mib=free_gb * 1024 - 400)
    picture = replace(NATIVE, batch=1 if model is FLUX else 2)
    assert best(facts, model, picture).label == label


Z_IMAGE = replace(
    OVERFLOWING,
    parts=(
        part("transformer", "denoiser", 6155, 180, 60, 40),
        part("text_encoder", "text", 4022, 0, 400, 388),
        part("vae", "decoder", 84, 0, 84, 2.4),
    ),
)
OLD = replace(GPU, has_native_bf16=False, free_ram_mib=30_000)
CARDS = {
    "GTX 1060 6 GB": replace(OLD, free_vram_mib=5_700),
    "GTX 1660 6 GB": replace(OLD, free_vram_mib=5_700, has_float16=False),
    "RTX 2060 6 GB": replace(OLD, free_vram_mib=5_700),
    "RTX 3050 4 GB": replace(GPU, free_vram_mib=3_600, free_ram_mib=30_000),
    "RX 6700 XT 12 GB": replace(OLD, free_vram_mib=11_800),
    "RX 7600 8 GB": replace(GPU, free_vram_mib=7_800, free_ram_mib=30_000),
    "M2 24 GB": replace(MAC, free_ram_mib=18_000, has_native_bf16=True),
}


@pytest.mark.parametrize(
    ("card", "model", "label"),
    [
        ("GTX 1060 6 GB", SDXL, "cuda float16 block offload"),
        ("GTX 1060 6 GB", Z_IMAGE, "cuda bfloat16 block offload vae tiling"),
        ("GTX 1660 6 GB", SDXL, "cuda float32 block offload"),
        ("GTX 1660 6 GB", Z_IMAGE, "cuda bfloat16 block offload vae tiling"),
        ("RTX 2060 6 GB", SDXL, "cuda float16 block offload"),
        ("RTX 3050 4 GB", SDXL, "cuda bfloat16 block offload"),
        ("RTX 3050 4 GB", Z_IMAGE, "cuda bfloat16 block offload"),
        ("RX 6700 XT 12 GB", SDXL, "cuda float16"),
        ("RX 6700 XT 12 GB", Z_IMAGE, "cuda bfloat16 block offload"),
        ("RX 7600 8 GB", SDXL, "cuda bfloat16 model offload"),
        ("M2 24 GB", SDXL, "mps float16"),
        ("M2 24 GB", Z_IMAGE, "mps bfloat16 vae tiling"),
    ],
)
def test_what_small_and_old_cards_get(card: str, model: ModelSize, label: str) -> None:
    picture = replace(NATIVE, batch=1 if model is Z_IMAGE else 2)
    assert best(CARDS[card], model, picture).label == label


def test_an_emulated_format_needs_more_for_decoding_and_tiles_spare_it() -> None:
    roomy = replace(OLD, free_vram_mib=40_000)
    emulated = best(roomy, Z_IMAGE)
    native = best(replace(roomy, has_native_bf16=True), Z_IMAGE)
    more_mib = emulated.expected_vram_mib - native.expected_vram_mib
    assert more_mib == 9 * 256 * 1024 * 1024 * 2 / 2**20
    assert "emulates bfloat16, slowly" in emulated.reason


def test_a_card_whose_float16_is_broken_says_so() -> None:
    made = best(CARDS["GTX 1660 6 GB"], SDXL)
    assert "float16 gives black pictures on this GPU" in made.reason


def test_eight_bits_come_first_only_where_they_spare_more_than_a_minute() -> None:
    slow = replace(GPU, free_vram_mib=14_000, has_streams=False)
    assert best(slow, FLUX).storage == "float8"
    assert "8 bits, which changes pictures a little" in best(slow, FLUX).reason
    few = replace(NATIVE, num_inference_steps=4)
    assert best(slow, FLUX, few).losses == ()
    assert plans(slow, FLUX, few, "speed")[0].storage == "float8"


def test_four_bits_need_a_package_that_reads_them_and_a_folder() -> None:
    facts = replace(GPU, free_vram_mib=12_000, has_streams=False, has_float8=False)
    picture = replace(NATIVE, num_inference_steps=60)
    with_package = replace(facts, backends=frozenset({"bitsandbytes"}))
    assert plans(with_package, FLUX, picture, "speed")[0].storage == "nf4"
    assert plans(facts, FLUX, picture, "speed")[0].storage == "native"
    assert all(each.storage != "nf4" for each in plans(with_package, SDXL, picture, "speed"))
    single_file = replace(FLUX, can_load_4bit=False)
    assert all(each.storage == "native" for each in plans(with_package, single_file, picture))


def test_a_model_that_fits_stays_in_place_and_says_so() -> None:
    made = best(GPU, SDXL)
    assert (made.offload, made.losses, made.expected_extra_s) == ("none", (), 0)
    assert made.reason == (
        "A GPU: bfloat16, because this GPU computes with it natively; "
        "it fits into the 23.4 GiB that are free."
    )


@pytest.mark.parametrize(("total_mib", "can_help"), [(64_000, True), (9_000, False)])
def test_closing_programs_is_advised_where_that_could_help(total_mib: int, can_help: bool) -> None:
    facts = replace(CPU, free_ram_mib=8_000, total_mib=total_mib)
    (plan,) = plans(facts, SDXL, NATIVE)
    assert plan.is_tight
    assert ("close other programs" in plan.reason) == can_help
    assert "choose a smaller model or size" in plan.reason


def test_tight_memory_decodes_in_tiles_and_says_so() -> None:
    made = best(replace(CPU, free_ram_mib=16_000), SDXL, Picture(1024, 1024))
    assert made.has_vae_tiling
    assert "tiles" in made.reason


def test_float16_counts_the_decoder_twice_as_wide() -> None:
    old, new = replace(GPU, has_native_bf16=False), GPU
    assert best(old, SDXL).expected_vram_mib - best(new, SDXL).expected_vram_mib == 1536


@pytest.mark.parametrize(("side", "measured_mib"), [(512, 7_300), (1024, 9_150)])
def test_a_cpu_needs_what_full_size_sdxl_was_seen_to_take(side: int, measured_mib: int) -> None:
    """The highest resident memory of a run in bfloat16, less the program's own 550 to 700 MiB."""
    facts = replace(CPU, has_native_bf16=True)
    expected = plans(facts, SDXL, Picture(side, side))[0].expected_ram_mib
    assert expected == pytest.approx(measured_mib, rel=0.06)


def test_nothing_fits_names_what_is_missing() -> None:
    made = plans(replace(GPU, free_vram_mib=500), SDXL, NATIVE)
    assert len(made) == 1
    assert "500 MiB are free, so it may fail" in made[0].reason
    short_of_ram = plans(replace(GPU, free_ram_mib=2_000), SDXL, NATIVE)[0]
    assert (short_of_ram.is_tight, short_of_ram.offload) == (True, "none")
    assert "2.0 GiB are free" in short_of_ram.reason


def test_the_label_is_short() -> None:
    made = replace(best(GPU, SDXL), offload="block", storage="float8", has_vae_tiling=True)
    assert made.label == "cuda bfloat16 block offload float8 vae tiling"
    assert made.losses == ("tiles", "float8")


def test_weights_are_streamed_where_memory_can_be_locked_for_them() -> None:
    picture = Picture(1024, 1024)
    weights_mib = 2 * FLUX.parameters // 2**20
    for ram_mib, has_streams in ((weights_mib + 100, False), (2 * weights_mib, True)):
        facts = replace(GPU, free_vram_mib=4_000, free_ram_mib=ram_mib, has_float8=False)
        moving = [each for each in plans(facts, FLUX, picture) if each.offload == "block"]
        assert [each.has_streams for each in moving] == [has_streams] * len(moving)
        assert moving


def test_a_unet_is_moved_in_blocks_by_a_stream_only() -> None:
    picture = Picture(1024, 1024)
    for has_streams in (True, False):
        facts = replace(GPU, free_vram_mib=4_500, has_streams=has_streams, has_float8=False)
        offloads = {each.offload for each in plans(facts, SDXL, picture)}
        assert ("block" in offloads) == has_streams
        assert "leaf" in offloads
