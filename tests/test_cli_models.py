"""The `models` commands in this process, with a Hub on this machine."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny
from local_hub import LocalHub, weights

from fooocus_lite.cli import main
from fooocus_lite.cli.transfer import TransferBar, bar
from fooocus_lite.supplies.model_store import NOTHING_NEWER
from fooocus_lite.weights.progress import Progress

ROOT = Path(__file__).parent.parent
REPO = "owner/tiny"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> Iterator[LocalHub]:
    with LocalHub() as hub:
        monkeypatch.setenv("FOOOCUS_LITE_HOME", str(tmp_path))
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "nobody"))
        for name in ("HF_TOKEN", "HF_TOKEN_PATH"):
            monkeypatch.delenv(name, raising=False)
        hub.add_repo(REPO, tiny_model, licence="cc-by-nc-4.0")
        hub.add_repo("owner/lora", {"ink.safetensors": weights(), "ink.ckpt": b"pickle"})
        yield hub


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_model_is_looked_up_downloaded_listed_verified_and_removed(hub, capsys, tmp_path):
    assert main(["models", "info", REPO]) == 0
    said = capsys.readouterr().out
    assert "cc-by-nc-4.0 (non-commercial only)" in said
    assert "unet/diffusion_pytorch_model.safetensors" in said
    assert not (tmp_path / "models").exists()
    assert main(["models", "info", REPO, "--json"]) == 0
    assert lines(capsys)[0]["family"] == "sdxl"

    assert main(["models", "download", REPO]) == 0
    printed = capsys.readouterr()
    folder = Path(printed.out.strip())
    assert (folder / "model_index.json").is_file()
    assert "100%" in printed.err

    assert main(["models", "list", "--json"]) == 0
    (listed,) = [each for each in lines(capsys) if each["name"] == REPO]
    assert (listed["family"], listed["is_here"], listed["revision"]) == ("sdxl", True, folder.name)

    assert main(["models", "verify", REPO, "--json"]) == 0
    assert lines(capsys) == [{"name": REPO, "is_hashed": True, "problem": None}]

    assert main(["models", "remove", REPO]) == 2
    assert "--yes" in capsys.readouterr().err
    assert folder.exists()
    assert main(["models", "remove", REPO, "--yes"]) == 0
    assert not folder.exists()
    assert main(["models", "verify", REPO]) == 2


def test_what_is_here_is_described_without_a_request(hub, capsys, tmp_path):
    assert main(["models", "download", REPO]) == 0
    folder = capsys.readouterr().out.strip()
    card = "---\nlicense: other\nlicense_name: flux-1-dev-non-commercial-license\n---\n"
    (Path(folder) / "README.md").write_text(card)
    (tmp_path / "presets").mkdir()
    preset = {"model": REPO, "family": "sdxl", "memory_gib": 4}
    (tmp_path / "presets" / "small.json").write_text(json.dumps(preset))
    hub.requests.clear()
    assert main(["models", "info", REPO]) == 0
    said = capsys.readouterr().out
    for words in ("SDXL", "(non-commercial only)", folder, "small", "memory"):
        assert words in said
    assert main(["models", "info", "small", "--json"]) == 0
    (told,) = lines(capsys)
    assert (told["name"], told["memory_gib"]) == (REPO, 4)
    assert told["uses_mib"] > 0
    assert told["reason"]
    assert main(["models", "info", "starter"]) == 0
    assert not hub.requests


def test_what_is_known_of_a_presets_model_is_told_without_the_hub(hub, capsys, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert main(["models", "info", "sdxl"]) == 1
    printed = capsys.readouterr()
    for words in ("stable-diffusion-xl-base-1.0", "6.5 GiB", "takes ", "not downloaded"):
        assert words in printed.out
    assert "cannot be reached" in printed.err


def test_a_refiner_that_is_here_is_described_without_a_plan_of_its_own(hub, capsys, tmp_path):
    tiny.build_refiner(tmp_path / "models" / "owner" / "polish")
    assert main(["models", "info", "owner/polish", "--json"]) == 0
    (told,) = lines(capsys)
    assert told["family"] == "sdxl-refiner"
    assert "plan" not in told


def test_a_preset_with_a_refiner_brings_both_models(hub, capsys, tmp_path):
    polish = tiny.build_refiner(tmp_path / "built")
    hub.add_repo("owner/polish", polish)
    (tmp_path / "presets").mkdir()
    preset = {"model": REPO, "family": "sdxl", "refiner": "owner/polish"}
    (tmp_path / "presets" / "both.json").write_text(json.dumps(preset))
    assert main(["models", "download", "both"]) == 0
    folders = capsys.readouterr().out.splitlines()
    assert ["models--owner--tiny" in folders[0], "models--owner--polish" in folders[1]] == [
        True
    ] * 2
    assert main(["presets", "list", "--json"]) == 0
    (both,) = [each for each in lines(capsys) if each["name"] == "both"]
    assert both["is_ready"]


def test_the_list_names_what_is_here_and_what_presets_need(hub, capsys):
    assert main(["models"]) == 0
    printed = capsys.readouterr()
    assert "starter" in printed.out
    assert "stabilityai/stable-diffusion-xl-base-1.0" in printed.out
    assert "not downloaded" in printed.out
    assert printed.out.count(", takes ") == len(printed.out.splitlines())
    assert "on this disk" in printed.err
    assert not hub.requests


def test_the_list_tells_what_each_model_needs_here_and_why(hub, capsys, tmp_path):
    unknown = {"model": "me/odd", "family": "sdxl", "download_gib": 0.5, "memory_gib": 4}
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "odd.json").write_text(json.dumps(unknown))
    assert main(["models", "list", "--json"]) == 0
    listed = {each["name"]: each for each in lines(capsys)}
    general = listed["stabilityai/stable-diffusion-xl-base-1.0"]
    assert (general["is_here"], general["memory_gib"]) == (False, 4)
    assert 6_000 < general["uses_mib"] < 16_000
    assert general["of_mib"] > 0
    assert general["reason"]
    assert general["is_tight"] == ("may fail" in general["reason"])
    assert listed["starter"]["uses_mib"] < 200
    assert "uses_mib" not in listed["me/odd"]
    assert main(["models"]) == 0
    (odd,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("me/odd")]
    assert "needs 4 GiB of memory" in odd
    # A small model is not taken for a large one of its family.
    assert main(["models", "info", REPO, "--json"]) == 0
    assert "uses_mib" not in lines(capsys)[0]


def test_a_flipped_bit_is_found_by_its_hash(hub, capsys, tmp_path):
    assert main(["models", "download", REPO]) == 0
    capsys.readouterr()
    file = next((tmp_path / "models" / "hub").rglob("unet/*.safetensors")).resolve()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert main(["models", "verify", "--json"]) == 1
    (found,) = [each for each in lines(capsys) if each["problem"]]
    assert found["name"] == REPO
    assert "unet/diffusion_pytorch_model.safetensors is not the file" in found["problem"]


def test_progress_as_json_ends_with_the_folder(hub, capsys):
    assert main(["models", "download", REPO, "--json"]) == 0
    *progress, last = lines(capsys)
    assert {each["event"] for each in progress} == {"downloading"}
    assert progress[-1]["done_bytes"] == progress[-1]["total_bytes"] > 1_000_000
    assert (last["event"], last["name"]) == ("completed", REPO)
    assert Path(last["path"]).name == last["revision"]


def test_a_single_file_and_an_older_revision_can_be_asked_for(hub, capsys, tiny_model):
    assert main(["models", "download", "owner/lora", "--file", "ink.safetensors"]) == 0
    assert (Path(capsys.readouterr().out.strip()) / "ink.safetensors").read_bytes() == weights()
    first = hub.requests[0].path
    assert first.startswith("/api/models/owner/lora")
    old = hub.add_repo("owner/two", {**_files(tiny_model), "README.md": b"one"})
    new = hub.add_repo("owner/two", {**_files(tiny_model), "README.md": b"two"})
    for arguments, revision, is_told in (
        (["--revision", old], old, False),
        ([], old, False),
        (["--update"], new, False),
        (["--update"], new, True),
        (["--revision", old], old, False),
    ):
        assert main(["models", "download", "owner/two", *arguments]) == 0
        said = capsys.readouterr()
        assert Path(said.out.strip()).name == revision
        assert (NOTHING_NEWER in said.err) == is_told


def test_a_downloaded_lora_is_found_by_name_and_goes_with_its_repository(
    hub, capsys, tmp_path, tiny_lora
):
    content = tiny_lora.read_bytes()
    hub.add_repo("owner/glow", {"pytorch_lora_weights.safetensors": content})
    hub.add_repo("owner/inks", {"ink.safetensors": content})
    own = tmp_path / "models" / "loras" / "ink.safetensors"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"a file of the person's own")
    for repo_id, file in (
        ("owner/glow", "pytorch_lora_weights.safetensors"),
        ("owner/inks", "ink.safetensors"),
    ):
        assert main(["models", "download", repo_id, "--file", file]) == 0
    assert (own.parent / "glow.safetensors").read_bytes() == content
    assert own.read_bytes() == b"a file of the person's own"
    for repo_id in ("owner/glow", "owner/inks"):
        assert main(["models", "remove", repo_id, "--yes"]) == 0
    assert [file.name for file in own.parent.iterdir()] == ["ink.safetensors"]


def test_a_single_file_is_removed_too_and_both_are_written_down(hub, capsys, tmp_path, tiny_lora):
    lora = tmp_path / "models" / "loras" / "pencil" / "wobble.safetensors"
    lora.parent.mkdir(parents=True)
    lora.write_bytes(tiny_lora.read_bytes())
    assert main(["models", "remove", "wobble", "--yes"]) == 2
    assert "Did you mean “pencil/wobble”?" in capsys.readouterr().err
    assert main(["models", "remove", "loras/pencil/wobble", "--yes", "--json"]) == 0
    assert lines(capsys) == [{"event": "removed", "name": "loras/pencil/wobble"}]
    assert not lora.exists()
    assert main(["users", "audit", "--json"]) == 0
    noted = [(each["who"], each["action"], each["outcome"]) for each in lines(capsys)]
    assert noted == [("local", "remove", "done"), ("local", "remove", "unknown_name")]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["download"], 2, "Which model?"),
        (["info"], 2, "Which model?"),
        (["remove", "starter", "--yes"], 2, "came with the program"),
        (["remove", "starter"], 2, "came with the program"),
        (["remove", "owner/none"], 2, "no model or file called “owner/none”"),
        (["remove", "SDXL", "--yes"], 2, "Name what it needs: stabilityai/stable-diffusion-xl-"),
        (["verify", "sdxl"], 2, "no model or file called “stabilityai/stable-diffusion-xl-"),
        (["download", "a b/c"], 2, "no name of a model"),
        (["download", "../../etc"], 2, "no name of a model"),
        (["download", "nothing"], 2, "nothing"),
        (["download", "owner/none"], 1, "no model “owner/none”"),
        (["download", REPO, "--revision", "v9"], 1, "no revision “v9”"),
        (["download", REPO, "--revision", "../x"], 2, "is no revision"),
        (["download", "owner/lora"], 1, "ink.safetensors"),
        (["download", "owner/lora", "--file", "ink.ckpt"], 1, "pickle"),
        (["verify", "owner/none"], 2, "owner/none"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_an_exit_code(hub, capsys, arguments, code, says):
    assert main(["models", *arguments]) == code
    printed = capsys.readouterr().err
    assert says in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--yes"], ["list", "starter"], ["verify", "--update"], ["info", "a", "b"],
        ["remove", "a", "--revision", "v1"], ["lst"],
    ],
)  # fmt: skip
def test_what_an_action_has_no_use_for_is_refused_with_its_usage(hub, capsys, arguments):
    with pytest.raises(SystemExit) as left:
        main(["models", *arguments])
    assert left.value.code == 2
    usage = " ".join(["models", *(arguments[:1] if arguments != ["lst"] else [])])
    assert f"usage: fooocus-lite {usage} [-h]" in capsys.readouterr().err


def test_each_action_tells_its_own_flags(capsys):
    for action, flags in (("download", ["--update", "--file"]), ("remove", ["--yes"])):
        with pytest.raises(SystemExit) as left:
            main(["models", action, "--help"])
        assert left.value.code == 0
        said = capsys.readouterr().out
        assert all(flag in said for flag in flags)
        assert ("--yes" in said) == (action == "remove")


@pytest.mark.parametrize("arguments", [["--json"], ["list", "--json"], ["--json", "list"]])
def test_the_list_needs_no_action_and_flags_may_come_first(hub, capsys, arguments):
    assert main(["models", *arguments]) == 0
    assert "starter" in {each["name"] for each in lines(capsys)}


def test_a_preset_is_verified_by_the_models_it_needs(hub, capsys, tmp_path):
    (tmp_path / "presets").mkdir()
    preset = {"model": REPO, "family": "sdxl"}
    (tmp_path / "presets" / "small.json").write_text(json.dumps(preset))
    assert main(["models", "download", "small"]) == 0
    capsys.readouterr()
    assert main(["models", "verify", "Small", "--json"]) == 0
    assert lines(capsys) == [{"name": REPO, "is_hashed": True, "problem": None}]


def largest_part(models):
    """Bytes; small files come and are renamed while one looks."""
    sizes = [0]
    for part in models.rglob("*.part"):
        with contextlib.suppress(FileNotFoundError):
            sizes.append(part.stat().st_size)
    return max(sizes)


def test_ctrl_c_keeps_what_came_and_the_next_call_goes_on(hub, tmp_path):
    name = "unet/diffusion_pytorch_model.safetensors"
    hub.fault(name, stall_at=1_500_000)
    command = [sys.executable, "-m", "fooocus_lite", "models", "download", REPO]
    environment = {**os.environ, "HF_HUB_OFFLINE": "0"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as program:
        until = time.monotonic() + 120
        while largest_part(tmp_path / "models") < 500_000:
            assert program.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=60)
    assert program.returncode == 130
    assert "What has come is kept" in said
    assert "Traceback" not in said
    (part,) = (tmp_path / "models").rglob("*.part")
    kept = part.stat().st_size
    hub.heal()
    assert main(["models", "download", REPO]) == 0
    assert hub.asked(name, "cdn")[0].headers["range"] == f"bytes={kept}-"


def _files(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_says_share_bytes_speed_and_time() -> None:
    halfway = Progress("unet/x", 2**30, 2 * 2**30, 50e6, 21.0)
    shown = bar(halfway)
    for part in (" 50%", "1.0 GiB of 2.0 GiB", "48 MiB/s", "about 21 s left", "unet/x"):
        assert part in shown
    paused = bar(Progress("unet/x", 2**30, 2 * 2**30, doing="retrying"))
    assert "trying again" in paused
    assert "/s" not in paused
    assert "left" not in bar(Progress("unet/x", 2**30, 2**30, 50e6, 0.0))
    assert "Waiting" in bar(Progress("", 0, 0, doing="waiting"))


def test_the_bar_draws_over_itself_and_leaves_a_clean_line() -> None:
    screen = _Screen()
    drawn = TransferBar(screen)
    drawn.tell(Progress("a", 1, 2))
    drawn.tell(Progress("a", 2, 2))
    drawn.end()
    assert screen.getvalue().count("\r\x1b[K") == 3
    assert "\n" not in screen.getvalue()
