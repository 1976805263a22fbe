"""The commands that cook, look back or examine, inside this process and with the real starter."""

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from fooocus_lite.cli import main
from fooocus_lite.cli.progress import Terminal, bar
from fooocus_lite.events import Cancelled, Finished, Loading, Queued, Step
from fooocus_lite.thinking.link import Shared, from_link, to_file

SMALL = ("--size", "64x64", "--steps", "2", "--seed", "5")


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("FOOOCUS_LITE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def cooked(capsys, *arguments):
    assert main(["generate", "a secret fox", *SMALL, *arguments, "--json"]) == 0
    return [event for event in lines(capsys) if event["event"] == "picture"]


def test_a_picture_is_made_inspected_replayed_and_found_again(capsys, tmp_path):
    (made,) = cooked(capsys)
    assert main(["inspect", made["path"], "--json"]) == 0
    (found,) = lines(capsys)
    assert found["recipe"]["request"]["prompt"] == "a secret fox"
    assert found["made_with"]["device"] == "cpu"
    assert "Steps: 2" in found["parameters"]

    assert main(["replay", made["path"], "--json"]) == 0
    (replayed,) = lines(capsys)
    assert replayed["identical"]
    assert replayed["differences"] == []

    assert main(["history", "--search", "secret", "--json"]) == 0
    assert [each["prompt"] for each in lines(capsys)] == ["a secret fox"] * 2
    assert main(["history", "rebuild", "--json"]) == 0
    assert lines(capsys)[0]["added"] == 1  # the file that replay put beside the first


def test_what_cannot_be_replayed_says_why(capsys, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "bare.png")
    for name, says in (("gone.png", "There is no file gone.png. Check"), ("bare.png", "no recipe")):
        given = name if name == "gone.png" else str(tmp_path / name)
        assert main(["replay", given]) == 2
        assert says in capsys.readouterr().err


def test_a_changed_picture_replays_as_different(capsys, tmp_path):
    (made,) = cooked(capsys)
    with Image.open(made["path"]) as image:
        texts = dict(image.text)
        changed = image.point(lambda value: min(255, value + 9))
    from PIL.PngImagePlugin import PngInfo

    kept = PngInfo()
    for name, text in texts.items():
        kept.add_itxt(name, text)
    changed.save(tmp_path / "changed.png", pnginfo=kept)
    assert main(["replay", str(tmp_path / "changed.png")]) == 1
    assert "different: PSNR" in capsys.readouterr().out


def test_a_picture_started_from_another_is_replayed_with_that_one_only(capsys, tmp_path):
    for name in ("red", "blue"):
        Image.new("RGB", (96, 64), name).save(tmp_path / f"{name}.png")
    (made,) = cooked(capsys, "--image", "red.png", "--strength", "0.5")
    assert main(["replay", made["path"], "--json"]) == 0
    assert lines(capsys)[0]["identical"]
    shutil.rmtree(tmp_path / "state" / "inputs")
    assert main(["replay", made["path"]]) == 2
    assert "--image FILE" in capsys.readouterr().err
    assert main(["replay", made["path"], "--image", "blue.png"]) == 2
    assert "is not the picture it started from" in capsys.readouterr().err
    assert main(["replay", made["path"], "--image", "red.png", "--json"]) == 0
    assert lines(capsys)[0]["identical"]
    (plain,) = cooked(capsys)
    assert main(["replay", plain["path"], "--image", "red.png"]) == 2


def test_a_link_and_a_recipe_file_are_replayed_without_the_picture(capsys, tmp_path):
    (made,) = cooked(capsys)
    assert main(["inspect", made["path"], "--link"]) == 0
    link = capsys.readouterr().out.strip()
    assert main(["replay", f"http://localhost:7865/{link}", "--json"]) == 0
    (replayed,) = lines(capsys)
    assert replayed["identical"]
    assert replayed["thumbnail_percent"] == 0
    assert Path(replayed["path"]).is_relative_to(tmp_path / "outputs")
    assert len(list((tmp_path / "outputs").rglob("*.png"))) == 2
    elsewhere = tmp_path / "elsewhere"
    assert main(["replay", link, "--json", "--output-path", str(elsewhere)]) == 0
    assert Path(lines(capsys)[0]["path"]).is_relative_to(elsewhere)

    shared = from_link(link)
    other = shared.fingerprint.model_copy(update={"sha256": "0" * 64})
    changed = shared.model_copy(update={"fingerprint": other})
    (tmp_path / "changed.json").write_text(to_file(changed))
    assert main(["replay", str(tmp_path / "changed.json")]) == 1
    assert "different: a miniature of 8 x 8 colours differs by 0.00 %" in capsys.readouterr().out
    (tmp_path / "bare.json").write_text(to_file(Shared(recipe=shared.recipe)))
    assert main(["replay", str(tmp_path / "bare.json")]) == 1
    assert "nothing to compare with" in capsys.readouterr().out


def test_the_link_of_a_lossy_picture_does_not_say_more_than_it_knows(capsys):
    (made,) = cooked(capsys, "--format", "jpeg")
    assert main(["inspect", made["path"], "--link"]) == 0
    assert main(["replay", capsys.readouterr().out.strip(), "--json"]) == 1
    (replayed,) = lines(capsys)
    assert replayed["identical"] is None
    assert replayed["thumbnail_percent"] < 3


@pytest.mark.parametrize("suffix", ["jpeg", "webp"])
def test_private_pictures_say_nothing(capsys, suffix):
    (made,) = cooked(capsys, "--format", suffix, "--no-metadata")
    assert main(["inspect", made["path"]]) == 1
    assert "says nothing" in capsys.readouterr().err
    assert b"secret" not in Path(made["path"]).read_bytes()


def test_a_picture_without_room_in_outputs_is_kept_where_there_is(capsys, tmp_path):
    (tmp_path / "outputs").write_text("in the way")
    assert main(["generate", "a fox", *SMALL, "--json"]) == 1
    printed = capsys.readouterr()
    events = [json.loads(line) for line in printed.out.splitlines()]
    (made,) = [event for event in events if event["event"] == "picture"]
    assert Path(made["path"]).parent == tmp_path
    with Image.open(made["path"]) as image:
        assert image.size == (64, 64)
    assert events[-1]["error"]["code"] == "disk"
    assert "instead" in printed.err


def test_a_style_card_is_kept_small(capsys, tmp_path, monkeypatch):
    assert main(["styles", "render", "Sepia"]) == 0
    with Image.open(tmp_path / "styles" / "thumbnails" / "sepia.webp") as card:
        assert card.size == (192, 192)
    assert main(["styles", "render"]) == 0  # all others came with the program
    assert "has its card already" in capsys.readouterr().out
    assert main(["users", "audit", "--json"]) == 0
    (noted,) = lines(capsys)
    assert (noted["who"], noted["action"], noted["subject"]) == ("local", "render style", "Sepia")


def test_a_sheet_is_one_prompt_and_seed_in_several_styles(capsys):
    asked = ["styles", "sheet", "a", "red", "house", "--style", "neon", "--style", "Sepia"]
    assert main([*asked, "--seed", "3", "--json"]) == 0
    made = [event for event in lines(capsys) if event["event"] == "picture"]
    assert {event["seed"] for event in made} == {3}
    prompts = []
    for event in made:
        assert main(["inspect", event["path"], "--json"]) == 0
        (found,) = lines(capsys)
        prompts.append(found["recipe"]["prompt"])
        assert found["recipe"]["request"]["prompt"] == "a red house"
    assert [prompt.split()[0] for prompt in prompts] == ["neon", "sepia"]


def test_doctor_names_the_device_and_its_bundle_holds_no_prompt(capsys, tmp_path):
    cooked(capsys)
    assert main(["doctor", "--json"]) == 0
    (findings,) = lines(capsys)
    assert "because" in findings["device"]
    assert findings["problems"] == []
    assert main(["doctor"]) == 0
    assert "All is well" in capsys.readouterr().out
    assert main(["doctor", "--bundle"]) == 0
    with zipfile.ZipFile(tmp_path / "fooocus-lite-report.zip") as bundle:
        assert not [name for name in bundle.namelist() if b"secret" in bundle.read(name)]


def test_doctor_finds_a_file_where_the_outputs_should_be(capsys, tmp_path):
    (tmp_path / "outputs").write_text("in the way")
    assert main(["doctor"]) == 1
    assert "cannot be written" in capsys.readouterr().out


def test_a_bar_shows_step_speed_and_what_is_left():
    shown = bar(Step(1, 2, 10, 20, seconds_per_step=0.05, eta_s=70.4))
    assert shown.startswith("picture 1/2  ████████████░")
    assert shown.endswith("step 10/20  0.05 s/step  about 70 s left")


def test_a_terminal_gets_a_bar_and_a_pipe_does_not():
    class Screen(io.StringIO):
        def isatty(self):
            return True

    screen, pipe = Screen(), io.StringIO()
    for stream in (screen, pipe):
        terminal = Terminal(stream)
        for event in (Queued(3, None), Loading("Loading"), Step(1, 1, 2, 2), Cancelled(0)):
            terminal.tell("job", event)
    assert "Waiting: 2 ahead" in screen.getvalue()
    assert "step 2/2" in screen.getvalue()
    assert pipe.getvalue() == ""
    terminal.tell("job", Finished(1, 0, ("Of the LoRA “x” 3 of 4 layers are used",)))
    assert pipe.getvalue() == "Of the LoRA “x” 3 of 4 layers are used.\n"
