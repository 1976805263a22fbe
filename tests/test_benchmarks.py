"""The pure parts of the benchmarks, and that each script can be asked what it does.

No timing is asserted here: that is what the benchmarks are for.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import pairs, prompt_language
from benchmarks.answer_while_cooking import quantile
from benchmarks.hundred_pictures import growth
from benchmarks.line_of_thousand import largest_lead
from benchmarks.pairs import Cost, Pair, Result, Spread

ROOT = Path(__file__).parent.parent
SCRIPTS = (
    "answer_while_cooking",
    "estimates",
    "expansion",
    "first_page",
    "first_preview",
    "followers",
    "gpu/memory_plans",
    "hundred_kills",
    "hundred_pictures",
    "idle",
    "line_of_thousand",
    "load_checkpoint",
    "owners_and_jobs",
    "prompt_language",
    "schema_fuzz",
    "whole_engine",
)
ASK_FOR_HELP = """
import runpy, sys
del sys.argv[0]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as ended:
    assert not ended.code and "torch" not in sys.modules
else:
    raise AssertionError("it went on after its help")
"""


def result(**values):
    given = {
        "benchmark": "example",
        "target": "at most 2",
        "is_met": True,
        "figures": {"ratio": Spread(1.0 / 3.0, 0.25, 0.5, 3), "lost": 0, "missing": None},
        "settings": {"size": 256},
        "load_average": (0.5, 1.25),
    }
    return Result(**{**given, **values})


def test_a_spread_is_the_median_and_the_extremes():
    assert pairs.spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0, 3)
    assert pairs.spread([4.0, 1.0]).median == 2.5
    assert str(pairs.spread([3.0, 1.0, 2.0])) == "2 (1 to 3, n=3)"


def test_nothing_has_no_spread():
    with pytest.raises(ValueError):
        pairs.spread([])


def test_a_ratio_is_taken_pair_by_pair():
    slow, fast = Cost(4.0, 2.0), Cost(2.0, 2.0)
    found = [Pair(slow, fast), Pair(slow, fast), Pair(fast, fast)]
    assert pairs.ratios(found) == Spread(2.0, 1.0, 2.0, 3)
    assert pairs.ratios(found, "cpu_s") == Spread(1.0, 1.0, 1.0, 3)


def test_who_goes_first_changes_from_pair_to_pair():
    order = []

    def run(name):
        order.append(name)
        return Cost(1.0, 1.0) if name == "ours" else Cost(2.0, 2.0)

    found = pairs.interleave(lambda: run("ours"), lambda: run("theirs"), 3)
    assert order == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert found == [Pair(Cost(1.0, 1.0), Cost(2.0, 2.0))] * 3


def test_a_result_is_written_with_machine_and_versions_and_without_dates_or_places(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(pairs, "ROOT", tmp_path)
    monkeypatch.setattr(pairs, "RESULTS", tmp_path / "results")
    assert pairs.report(result()) == 0
    text = (tmp_path / "results" / "example.json").read_text(encoding="utf-8")
    document = json.loads(text)
    assert sorted(document) == [
        "benchmark",
        "figures",
        "is_met",
        "load_average",
        "machine",
        "settings",
        "target",
        "versions",
    ]
    assert document["figures"]["ratio"] == {
        "median": 0.33333,
        "minimum": 0.25,
        "maximum": 0.5,
        "readings": 3,
    }
    assert document["figures"]["missing"] is None
    assert {"device", "device_name", "logical_cores", "memory_mib"} <= set(document["machine"])
    assert {"python", "fooocus_lite", "torch", "diffusers", "gradio"} <= set(document["versions"])
    assert str(Path.home()) not in text
    assert "met: at most 2" in capsys.readouterr().out


def test_a_missed_target_is_said_and_is_the_exit_code(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pairs, "ROOT", tmp_path)
    monkeypatch.setattr(pairs, "RESULTS", tmp_path / "results")
    assert pairs.report(result(is_met=False)) == 1
    assert "MISSED: at most 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("owners", "lead"),
    [
        ("abcabcabc", 1),
        ("abcccabab", 2),  # c was served three times before a and b had their second turn
        ("aaabbb", 3),
        ("abbb", 1),  # a has nothing left to wait for
        ("aaa", 0),
    ],
)
def test_the_lead_is_counted_over_those_who_still_wait(owners, lead):
    assert largest_lead(owners) == lead


def test_memory_grows_from_the_tenth_reading():
    readings = [(50.0, 0)] * 9 + [(100.0, 0)] * 89 + [(104.0, 0)]
    assert growth(readings) == pytest.approx(0.04)


@pytest.mark.parametrize(("share", "reading"), [(0, 1), (0.5, 51), (0.95, 96), (1, 100)])
def test_a_quantile_is_one_of_the_readings(share, reading):
    assert quantile(list(range(100, 0, -1)), share) == reading


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_says_what_it_does_without_importing_torch(script):
    path = ROOT / "benchmarks" / f"{script}.py"
    done = subprocess.run(
        [sys.executable, "-c", ASK_FOR_HELP, path, "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "--runs" in done.stdout


@pytest.mark.parametrize("script", [*SCRIPTS, "starter_quality"])
def test_the_table_names_every_script(script):
    table = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert f"| `{script}.py` |" in table


def test_random_prompts_bring_no_surprise():
    found = prompt_language.fuzzed(300, seed=3)
    assert found.written + found.refused == 300
    assert (found.surprises, found.unstable, found.too_long) == (0, 0, 0), found.first_surprise
