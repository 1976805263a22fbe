"""`gradio_client`, unchanged, makes pictures through the page's one named endpoint."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SCRIPT = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from gradio_client import Client
from ui_fake import FakeStudio
from fooocus_lite.settings import Settings
from fooocus_lite.ui.server import serve

home = Path(sys.argv[2])
settings = Settings(home=home, output_path=home / "outputs", port=18765, browser=False)
server = serve(FakeStudio(settings, step_s=0.001), settings)
client = Client(server.url, verbose=False)
asked = json.loads(sys.argv[3])
try:
    print(json.dumps(client.predict(**asked, api_name="/generate")))
except Exception as error:
    print(json.dumps({"error": str(error)}))
print(json.dumps(sorted(client.view_api(return_format="dict")["named_endpoints"])))
client.close()
server.close()
"""


def told(home, **asked):
    """The answer, and the names of the endpoints there are."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(TESTS), str(home), json.dumps(asked)],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=TESTS.parent,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith(("{", "["))]


def test_pictures_are_made_and_nothing_else_has_a_name(home):
    job, endpoints = told(home, prompt="a hill", count=2, seed=7, styles=["Noir"])
    assert job["status"] == "completed"
    assert [each["seed"] for each in job["results"]] == [7, 8]
    assert job["results"][0]["metadata"]["styles"] == ["Noir"]
    assert endpoints == ["/generate"]


@pytest.mark.parametrize(
    ("wrong", "words"), [({"count": 99}, "count"), ({"prompt": " "}, "prompt is empty")]
)
def test_a_refusal_is_a_sentence(home, wrong, words):
    answer, _ = told(home, **{"prompt": "a hill", **wrong})
    assert words in answer["error"]
