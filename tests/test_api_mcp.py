"""The tool for assistants, called by the real client of the Model Context Protocol."""

import asyncio
import base64
import io
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from api_client import MINE, SHARED, YOURS, application, asleep, awake, served
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from PIL import Image
from starlette.testclient import TestClient

from fooocus_lite.api import mcp
from fooocus_lite.studio import Studio

ASKED = {"prompt": "a red circle", "seed": 7}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = awake(tmp_path_factory.mktemp("home"), mcp=True)
    yield studio
    studio.close()


@contextmanager
def told(studio: Studio, **headers: str) -> Iterator[Callable[..., Any]]:
    """Runs what an assistant does with its client, in front of the real server."""
    with served(studio) as address:

        def run(act: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
            async def talk() -> Any:
                async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
                    transport = streamable_http_client(address + mcp.PATH, http_client=http)
                    async with Client(transport, mode=mode) as client:
                        return await act(client)

            return asyncio.run(talk())

        yield run


def calling(**arguments: Any) -> Callable[[Client], Awaitable[Any]]:
    return lambda client: client.call_tool("generate", arguments)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_one_tool_describes_each_of_its_arguments(studio, mode):
    with told(studio) as run:
        (tool,) = run(lambda client: client.list_tools(), mode).tools
    assert tool.name == "generate"
    assert tool.input_schema["required"] == ["prompt"]
    assert all(each["description"] for each in tool.input_schema["properties"].values())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_it_gives_the_pictures_and_what_they_are(studio, mode):
    heard = []

    async def act(client: Client) -> Any:
        async def hear(progress: float, total: float | None, message: str | None) -> None:
            heard.append((progress, total))

        return await client.call_tool("generate", {**ASKED, "count": 2}, progress_callback=hear)

    with told(studio) as run:
        answer = run(act, mode)
    assert not answer.is_error
    text, *pictures = answer.content
    job = json.loads(text.text)
    assert [each["seed"] for each in job["results"]] == [7, 8]
    assert "metadata" not in job["results"][0]
    for picture, result in zip(pictures, job["results"], strict=True):
        data = io.BytesIO(base64.b64decode(picture.data))
        with Image.open(data) as image:
            assert (image.format, image.size) == ("JPEG", (result["width"], result["height"]))
    assert heard == sorted(set(heard))
    assert heard[0][1] == 100


def test_a_picture_made_before_can_be_changed_by_its_maker_only(tmp_path: Path):
    studio = awake(tmp_path, mcp=True, **SHARED)
    try:
        with told(studio, cookie=f"fooocus_lite_owner={MINE}") as mine:
            first = json.loads(mine(calling(**ASKED)).content[0].text)["results"][0]["id"]
            answer = mine(calling(prompt="a blue circle", image=first, strength=0.4))
        assert not answer.is_error
        (_, made) = [each.recipe for each in reversed(studio.gallery.history(MINE))]
        assert (made.task, made.strength) == ("image-to-image", 0.4)
        with told(studio, cookie=f"fooocus_lite_owner={YOURS}") as yours:
            answer = yours(calling(prompt="a blue circle", image=first))
        assert answer.is_error
        assert "no such picture" in answer.content[0].text
    finally:
        studio.close()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"prompt": " "}, "The prompt is empty"),
        ({"image": "../../state/users.json"}, "There is no picture"),
        ({"strength": 0.5}, "there is no image"),
        ({"count": 99}, "count is “99”"),
        ({"style": "Noir"}, "no setting called “style”"),
        ({"styles": ["Nonsense"]}, "no style called “Nonsense”"),
        ({"prompt": None}, "prompt"),
    ],
)
def test_a_refusal_is_a_sentence_that_the_assistant_reads(studio, wrong, words):
    with told(studio) as run:
        answer = run(calling(**{**ASKED, **wrong}))
    assert answer.is_error
    assert words in answer.content[0].text


def test_another_tool_does_not_exist(studio):
    async def act(client: Client) -> None:
        with pytest.raises(MCPError, match="one tool"):
            await client.call_tool("delete_everything", {})

    with told(studio) as run:
        run(act)


def test_it_comes_in_by_the_gate_with_a_key_and_its_limits(tmp_path: Path):
    studio = asleep(tmp_path, mcp=True, listen="0.0.0.0", tiers={"free": {"pictures_per_hour": 1}})
    studio.doorkeeper.users.add("anna", "correct horse", "free")
    key = studio.doorkeeper.users.add_key("anna", "assistant")
    with told(studio, authorization=f"Bearer {key}") as run:
        answer = run(calling(**ASKED, count=2))
    assert answer.is_error
    assert "1 pictures an hour" in answer.content[0].text
    stranger = TestClient(application(studio))
    assert stranger.post(mcp.PATH, json={}).status_code == 401
    assert stranger.get(mcp.PATH).status_code == 401


def test_a_refused_prompt_is_told_with_its_reason(tmp_path: Path):
    (tmp_path / "rules.json").write_text(
        json.dumps(
            {"rules": [{"name": "ours", "reason": "No teapots here.", "any_of": ["teapot"]}]}
        )
    )
    with told(asleep(tmp_path, mcp=True, **SHARED), cookie=f"fooocus_lite_owner={MINE}") as run:
        answer = run(calling(prompt="a teapot"))
    assert answer.is_error
    assert "No teapots here." in answer.content[0].text
