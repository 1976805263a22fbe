"""The command line inside this process: what needs no engine. Journeys run the real program."""

import json
import os
import shutil
import subprocess
import sys
import time
from importlib import import_module

import pytest

from fooocus_lite.cli import COMMANDS, main
from fooocus_lite.cli.generate import DRY_RUN_KEYS
from fooocus_lite.cli.parser import build
from fooocus_lite.settings import load
from fooocus_lite.studio import Studio


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("FOOOCUS_LITE_HOME", str(tmp_path))


def dry_run(capsys, *arguments):
    assert main(["generate", *arguments, "--dry-run", "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_dry_run_says_what_would_be_made(capsys):
    (first, second) = dry_run(
        capsys, "a", "red", "fox", "--style", "WATERCOLOR", "--aspect", "3:2", "--seed", "5",
        "--count", "2", "--steps", "9", "--guidance", "2.5", "--scheduler", "ddim",
    )  # fmt: skip
    assert set(first) == set(DRY_RUN_KEYS)
    assert first["prompt"].startswith("watercolor of a red fox, ")
    assert (first["width"], first["height"]) == (240, 160)
    assert (first["seed"], second["seed"]) == (5, 6)
    assert (first["num_inference_steps"], first["guidance_scale"]) == (9, 2.5)
    assert first["styles"] == ["Watercolor"]
    assert first["refiner"] is None


def test_a_dry_run_names_the_refiner(capsys):
    (refined,) = dry_run(capsys, "a fox", "--preset", "sdxl-refined")
    assert refined["refiner"] == "stabilityai/stable-diffusion-xl-refiner-1.0"
    assert refined["refiner_switch"] == 0.8


@pytest.mark.parametrize("module", ["pydantic", "fooocus_lite.cli"])
def test_an_interruption_during_the_imports_is_quiet(module):
    program = (
        "import runpy, sys\n"
        "class Pressed:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Pressed())\n"
        "runpy.run_module('fooocus_lite', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    "words",
    [["a", "fox", "--seed", "4"], ["--seed", "4", "a", "fox"], ["a", "--seed", "4", "fox"]],
)
def test_words_stand_before_between_and_after_flags(words):
    arguments = build().parse_args(["styles", "sheet", "--json", *words])
    assert (arguments.action, arguments.names, arguments.seed) == ("sheet", ["a", "fox"], "4")
    assert build().parse_args(["generate", *words]).prompt == ["a", "fox"]
    assert build().parse_args(["models", "info", "--json", "sdxl"]).name == "sdxl"


def test_a_file_gives_one_prompt_a_line(capsys, tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a fox\n\n# a note\n🦊 ثعلب\n", encoding="utf-8")
    assert [each["prompt"] for each in dry_run(capsys, "--file", str(prompts))] == [
        "a fox",
        "🦊 ثعلب",
    ]


def test_a_file_with_more_prompts_than_fit_is_refused_as_a_whole(capsys, tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a fox\n" * 21)
    assert main(["generate", "--file", str(prompts)]) == 2
    assert "only the first 20 fit" in capsys.readouterr().err
    assert Studio(load({}, os.environ)).jobs.active() == []


@pytest.mark.parametrize(
    ("arguments", "field", "says"),
    [
        (["--seed", "abc"], "seed", "abc"),
        (["--seed", str(2**70)], "seed", str(2**70)),
        (["--size", "0x64"], "width", "“0”"),
        (["--size", "63x64"], "width", "“63”"),
        (["--size", "1000000000x64"], "width", "1000000000"),
        (["--size", "250x256"], "width", "248 and 256"),
        (["--size", "big"], "size", "big"),
        (["--count", "0"], "count", "“0”"),
        (["--count", "1000000"], "count", "1000000"),
        (["--style", "waterclor"], "style", "Watercolor"),
        (["--preset", "startr"], "preset", "starter"),
        (["--scheduler", "eulr"], "scheduler", "euler"),
        (["--aspect", "7:5"], "aspect", "3:2"),
        (["--model", "sdxl"], "model", "starter"),
        (["--lora", "none:1"], "lora", "none"),
        (["--format", "gif"], "image_format", "gif"),
        (["--priority", "first"], "priority", "turbo"),
        (["--image", "nowhere.png"], "image", "nowhere.png"),
        (["--image", __file__], "image", "PNG, JPEG or WebP"),
        (["--strength", "0.5"], None, "strength"),
    ],
)
def test_bad_input_names_value_and_way_out(capsys, arguments, field, says):
    assert main(["generate", "a fox", "--json", *arguments]) == 2
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert error["field"] == field
    assert says in error["message"]
    assert error["message"] in printed.err
    assert "Traceback" not in printed.err


@pytest.mark.parametrize(
    "arguments",
    [["generate", ""], ["generate"], ["inspect", "nowhere.png"], ["replay", "nowhere.png"],
     ["generate", "x", "--file", "y"], ["--share"], ["--listen"], ["presets", "check", "nowhere"]],
)  # fmt: skip
def test_wrong_use_is_exit_code_2_with_a_sentence(capsys, arguments):
    assert main(arguments) == 2
    assert capsys.readouterr().err.strip().endswith(".")


@pytest.mark.parametrize("arguments", [["cook"], ["generate", "--colour", "red"]])
def test_an_unknown_command_or_flag_is_exit_code_2(arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "arguments",
    [["presets", "list", "x"], ["styles", "list", "x"], ["styles", "render", "--seed", "1"],
     ["history", "rebuild", "--limit", "1"], ["history", "x"]],
)  # fmt: skip
def test_what_an_action_has_no_use_for_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert f"usage: fooocus-lite {arguments[0]}" in capsys.readouterr().err


def test_every_command_that_is_parsed_has_its_function():
    (parsed,) = (each.choices for each in build()._actions if each.dest == "command")
    assert parsed.keys() == COMMANDS.keys() - {None}
    for module, function in COMMANDS.values():
        assert callable(getattr(import_module(f"fooocus_lite.cli.{module}"), function))


def test_lists_are_json_lines(capsys):
    assert main(["styles", "list", "--json"]) == 0
    names = [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()]
    assert {"Watercolor", "Neon", "Pixel Art"} <= set(names)
    assert main(["presets", "--json"]) == 0
    presets = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (presets[0]["name"], presets[0]["is_ready"]) == ("starter", True)
    assert not any(preset["is_ready"] for preset in presets[1:])
    assert main(["history"]) == 0


def test_a_truncated_model_file_is_found(capsys, tmp_path, starter):
    assert main(["models", "verify"]) == 0
    assert "starter" in capsys.readouterr().out
    own = tmp_path / "models" / "starter"
    shutil.copytree(starter, own)
    weights = own / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    assert main(["models", "verify", "--json"]) == 1
    assert weights.name in json.loads(capsys.readouterr().out)["problem"]


def test_presets_check_finds_a_typo(capsys, tmp_path):
    preset = tmp_path / "mine.json"
    preset.write_text('{\n"model": "starter",\n"aspct": "1:1"}')
    assert main(["presets", "check", str(preset)]) == 1
    assert "line 3: unknown key “aspct”" in capsys.readouterr().out


def test_help_and_dry_run_never_import_torch_and_are_quick(tmp_path):
    code = (
        "import sys\nfrom fooocus_lite.cli import main\n"
        "main(['generate', 'a fox', '--dry-run', '--json'])\nprint('torch' in sys.modules)"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    assert time.monotonic() - started < 20  # a bound for a hanging import, not a benchmark
