"""What models need here: as large as their files say, or as is known of those not here yet."""

import json
from pathlib import Path

import pytest
import tiny

from fooocus_lite.errors import WeightsError
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.supplies.needs import Needs, size_of
from fooocus_lite.supplies.offers import Described
from fooocus_lite.thinking.memory import HardwareFacts
from fooocus_lite.thinking.model_size import ModelSize
from fooocus_lite.thinking.presets import Preset
from fooocus_lite.weights import known_sizes, sizes
from fooocus_lite.weights.catalogue import Model

SDXL = "stabilityai/stable-diffusion-xl-base-1.0"
REFINER = "stabilityai/stable-diffusion-xl-refiner-1.0"
OWN = Preset(name="own", model="me/dream", family="sdxl")
GIB = 2**30


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(load({"home": tmp_path}))


def sized(preset: Preset, *names: str) -> ModelSize | None:
    return size_of(names or [preset.model], {}, [preset])


def test_a_model_that_is_not_here_is_reckoned_for_this_machine(studio: Studio) -> None:
    need = studio.needs.of(SDXL)
    assert need is not None
    assert not need.is_here
    assert need.seconds is None
    assert 6_000 < need.uses_mib < 16_000
    assert need.text.startswith(f"{need.uses_mib / 1024:.1f} GiB of ")
    assert need.reason


def test_a_device_that_the_engine_knows_is_not_asked_again(studio: Studio) -> None:
    small = HardwareFacts(free_ram_mib=6_000, total_mib=8_192, has_native_bf16=True)
    need = Needs(studio.stock, studio.settings.state, lambda: small).of(SDXL)
    assert need is not None
    assert need.is_tight
    assert need.text.endswith("of 8.0 GiB · CPU, decoded in tiles · may not fit")


def test_one_that_is_here_is_reckoned_from_its_files(studio: Studio) -> None:
    need = studio.needs.of("starter")
    assert need is not None
    assert need.is_here
    assert need.uses_mib < 200
    assert studio.needs.of("nobody") is None


def test_a_refiner_is_reckoned_with_the_model_whose_pictures_it_ends(studio: Studio) -> None:
    alone, both = studio.needs.of(SDXL), studio.needs.of(REFINER)
    assert alone is not None
    assert both is not None
    assert both.uses_mib > alone.uses_mib + 5_000
    tiny.build_refiner(studio.settings.models / "owner" / "polish")
    assert studio.needs.of("owner/polish") is None


def test_a_refiner_that_is_here_still_waits_for_its_model(studio: Studio) -> None:
    tiny.build_refiner(studio.settings.models / "owner" / "polish")
    preset = {"model": SDXL, "family": "sdxl", "refiner": "owner/polish", "licence": None}
    path = studio.settings.home / "presets" / "polished.json"
    path.parent.mkdir()
    path.write_text(json.dumps(preset), encoding="utf-8")
    studio.stock.reload()
    need = studio.needs.of("owner/polish")
    assert need is not None
    assert not need.is_here


def test_a_damaged_model_says_so(studio: Studio, tiny_model: Path) -> None:
    folder = tiny.build(studio.settings.models / "broken")
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(WeightsError, match="vae"):
        studio.needs.of("broken")


def test_a_preset_of_ones_own_is_taken_for_a_usual_model_of_its_family() -> None:
    assert sized(OWN) == known_sizes.of("any", "sdxl")
    assert sized(OWN.model_copy(update={"download_gib": 6.5})) is not None


@pytest.mark.parametrize(
    "changes", [{"family": None}, {"download_gib": 1.2}, {"family": "starter"}, {"model": "x"}]
)
def test_what_is_not_known_is_not_guessed(changes: dict[str, object]) -> None:
    assert sized(OWN.model_copy(update=changes), "me/dream") is None


def test_one_file_is_never_brought_to_4_bits() -> None:
    single = sized(OWN.model_copy(update={"file": "dream.safetensors"}))
    assert single is not None
    assert not single.can_load_4bit


def test_a_model_that_is_here_and_a_refiner_that_is_not_are_added_up(tiny_model: Path) -> None:
    here = {"tiny": Model("tiny", tiny_model, "sdxl", "Tiny", "unknown", 1)}
    preset = Preset(name="both", model="tiny", family="sdxl", refiner=REFINER, refiner_gib=5.7)
    both, refiner = size_of(["tiny", REFINER], here, [preset]), sized(preset, REFINER)
    assert both is not None
    assert refiner is not None
    assert both.parameters == sizes.of_folder(tiny_model).parameters + refiner.parameters
    other = preset.model_copy(update={"family": "flux1"})
    assert size_of(["tiny", REFINER], here, [other]) is None


@pytest.mark.parametrize(
    ("family", "gib", "is_known"),
    [("sdxl", 6.5, True), ("sdxl", 2.0, False), ("sdxl-refiner", 5.7, False), (None, 6.5, False)],
)
def test_what_the_hub_has_is_reckoned_where_it_is_a_model_of_known_size(
    studio: Studio, family: str | None, gib: float, is_known: bool
) -> None:
    size = round(gib * GIB)
    link = "https://huggingface.co/me/dream"
    name = "me/dream"
    found = Described(name, name, "0" * 40, family, size, size, "other", False, link, {})
    assert (studio.needs.of_offer(found) is not None) == is_known
