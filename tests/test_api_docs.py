"""Every example of docs/api.md runs, as it stands there."""

import re
import subprocess
from pathlib import Path

import pytest
from api_client import awake, served
from PIL import Image

TEXT = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    # No example may really download a model.
    studio = awake(tmp_path_factory.mktemp("home"), hub_endpoint="http://127.0.0.1:9")
    with served(studio) as address:
        yield address
    studio.close()


@pytest.mark.parametrize("example", SHELL)
def test_a_shell_example_runs(server, example, tmp_path):
    Image.new("RGB", (96, 64), "red").save(tmp_path / "picture.png")
    lines = f'SERVER={server}\ncurl() {{ command curl --fail-with-body "$@"; }}\n{example}'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


@pytest.mark.parametrize("example", PYTHON)
def test_a_python_example_runs(server, example):
    found = {"SERVER": server}
    exec(example, found)
    client = found["client"]
    assert found.get("made") or found["picture"].size == (512, 512)
    client.close() if hasattr(client, "close") else client.session.close()
