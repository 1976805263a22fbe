"""Choosing by chance gives these values on every machine and Python."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from fooocus_lite.thinking import chance

ROOT = Path(__file__).parent.parent
THINKING = ROOT / "fooocus_lite" / "thinking"
# Everything by chance at once, over the styles and wildcards that came with the program.
RECIPES = """
import json, random, sys
from pathlib import Path
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio
from fooocus_lite.thinking.resolve import resolve
from fooocus_lite.thinking.sheet import sheet
pantry = Studio(load({"home": Path(sys.argv[1])})).stock.pantry()
asked = ImageRequest(
    prompt="a {red|2::blue} __subject/animal__ in the forest",
    styles=("Random Style", "Enhance"), seed=7, count=8, preset="starter",
)
made = resolve(asked, pantry, random.Random(1)) + sheet(asked, pantry, random.Random(1))
print(json.dumps([recipe.model_dump(mode="json") for recipe in made]))
"""


def test_the_numbers_are_these_for_a_seed() -> None:
    numbers = Random("words 7")
    assert [chance.below(1000, numbers) for _ in range(8)] == [522, 367, 189, 395, 156, 70, 822, 90]
    letters, heavy = Random("styles 7"), Random(7)
    assert "".join(chance.pick("abcdefgh", letters) for _ in range(12)) == "egbbfadcddhh"
    weighed = [chance.weighted("abc", (1, 0, 3), heavy) for _ in range(12)]
    assert "".join(weighed) == "cacaccacacaa"
    assert chance.shuffled(range(10), Random("enhance 7")) == [3, 9, 7, 5, 8, 0, 4, 6, 2, 1]


class Extreme(Random):
    """As near to 1 as `random()` comes."""

    def random(self) -> float:
        return 1 - 2**-53


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000, 2**32, 2**53 - 1])
def test_the_largest_number_is_still_below_the_limit(limit: int) -> None:
    assert chance.below(limit, Extreme()) == limit - 1


def test_a_weight_of_0_is_never_chosen_and_each_option_has_its_share() -> None:
    random = Random(1)
    assert chance.weighted("ab", (1, 0), Extreme()) == "a"
    drawn = [chance.weighted("abc", (1, 0, 3), random) for _ in range(4000)]
    assert drawn.count("b") == 0
    assert drawn.count("c") / len(drawn) == pytest.approx(0.75, abs=0.03)


def test_every_order_is_as_likely() -> None:
    random = Random(1)
    orders = ["".join(chance.shuffled("abc", random)) for _ in range(6000)]
    assert len(set(orders)) == 6
    assert all(orders.count(each) == pytest.approx(1000, abs=150) for each in set(orders))


@pytest.mark.parametrize("path", sorted(THINKING.rglob("*.py")), ids=lambda path: path.stem)
def test_nothing_else_is_asked_of_chance_and_no_hash_decides(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and "random" in ast.unparse(node.func.value):
            assert node.func.attr == "random", ast.unparse(node)
        assert not (isinstance(node.func, ast.Name) and node.func.id == "hash")


def test_recipes_are_the_same_whatever_the_order_of_sets(tmp_path: Path) -> None:
    made = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", RECIPES, str(tmp_path)]
        done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
        made.append(json.loads(done.stdout))
    assert made[0] == made[1]
    assert len(made[0]) == 20
