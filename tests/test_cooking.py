"""What a lane looks at before it cooks: the files of a recipe, each read once."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.estimates import Estimates
from fooocus_lite.archive.inputs import Inputs
from fooocus_lite.archive.jobs import JobStore
from fooocus_lite.engine import progress
from fooocus_lite.line.board import Board
from fooocus_lite.line.cooking import Cooking
from fooocus_lite.line.forecasts import Forecasts
from fooocus_lite.recipe import ImageRequest, LoRA, Recipe
from fooocus_lite.settings import Settings
from fooocus_lite.supplies.stock import Stock

RECIPE = Recipe(
    model="starter", family="starter", prompt="a red fox", num_inference_steps=4, guidance_scale=3,
    scheduler="euler", width=64, height=64, seed=1, request=ImageRequest(prompt="a red fox"),
    loras=(LoRA(name="ink"),), embeddings=("calm",),
)  # fmt: skip
CONTENT = {"loras/ink": b"A LoRA of some size.", "embeddings/calm": b"Words"}


class Noticed(Exception):
    """Raised by somebody who was told, and does not want to wait."""


@pytest.fixture
def cooking(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cooking]:
    monkeypatch.setattr(progress, "STAGE_INTERVAL_S", 0.0)
    settings = Settings(home=home, output_path=home / "outputs")
    for name, content in CONTENT.items():
        file = settings.models / f"{name}.safetensors"
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    database, stock = open_database(home / "jobs.sqlite3"), Stock(settings)
    yield Cooking(
        settings=settings,
        store=JobStore(database, home),
        board=Board(),
        stock=stock,
        forecasts=Forecasts(Estimates(database), stock),
        inputs=Inputs(settings.state / "inputs", database),
        closing=Event(),
    )
    database.close()


def raising_at(word: str) -> Callable[[str], None]:
    def on_stage(stage: str) -> None:
        if word in stage:
            raise Noticed

    return on_stage


def test_a_lora_says_how_much_of_it_is_checked_and_only_at_its_first_use(cooking: Cooking) -> None:
    stages: list[str] = []
    recipe, files = cooking.completed(RECIPE, stages.append)
    assert stages[-2:] == ["Checking ink · 20 B of 20 B", "Checking calm · 5 B of 5 B"]
    assert (files.loras.keys(), files.embeddings.keys()) == ({"ink"}, {"calm"})
    for name, content in CONTENT.items():
        assert (recipe.model_hashes or {})[name] == hashlib.sha256(content).hexdigest()
    stages.clear()
    assert cooking.completed(RECIPE, stages.append)[0] == recipe
    assert stages == []


@pytest.mark.parametrize("name", ["ink", "calm"])
def test_whoever_is_told_can_stop_the_reading(cooking: Cooking, name: str) -> None:
    with pytest.raises(Noticed):
        cooking.completed(RECIPE, raising_at(f"Checking {name}"))
