"""One tool for assistants that speak the Model Context Protocol: `generate`, at /mcp.

Imported only when the setting `mcp` is on: the package `mcp` is an optional extra.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from mcp import MCPError
from mcp.server import Server, ServerRequestContext
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.routing import Route

from .. import __version__
from ..errors import FooocusLiteError
from ..events import JobView
from ..recipe import (
    MAX_COUNT,
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
    Strength,
    bad_request_from,
    request_from,
)
from ..studio import Studio
from ..visitor import Visitor
from .answers import job_answer
from .body_limit import BodyLimit
from .caller import asker_of
from .following import ended, told_why

PATH = "/mcp"
WAIT_S = 600.0
MAX_BODY_BYTES = 1_000_000
RECIPES: Any = {"results": {"__all__": {"metadata"}}}
Context = ServerRequestContext[dict[str, Any], Request]


class GenerateArguments(BaseModel):
    """What an assistant may ask for; what it leaves out is chosen as on the page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: Annotated[
        str,
        Field(
            max_length=MAX_PROMPT_CHARACTERS,
            description="What to draw: subject, setting, light, mood.",
        ),
    ]
    negative_prompt: Annotated[str, Field(description="What the picture should not have.")] = ""
    styles: Annotated[
        list[str] | None, Field(max_length=20, description="Names of styles, such as Watercolor.")
    ] = None
    preset: Annotated[str | None, Field(description="A preset's name: which model draws.")] = None
    performance: Annotated[str | None, Field(description="Such as Quality or Speed.")] = None
    aspect: Annotated[str | None, Field(description="Width to height, such as 3:2 or 1:1.")] = None
    count: Annotated[int, Field(ge=1, le=MAX_COUNT, description="How many pictures.")] = 1
    seed: Annotated[
        int, Field(ge=-1, le=MAX_SEED, description="The same seed, the same picture; -1: random.")
    ] = -1
    image: Annotated[
        str | None,
        Field(
            max_length=64,
            description="The `id` of a picture made before, to start from it and change it.",
        ),
    ] = None
    strength: Annotated[
        Strength | None,
        Field(description="With image: how much of it may change, such as 0.3 or 0.8."),
    ] = None


GENERATE = Tool(
    name="generate",
    title="Make pictures",
    description=(
        "Makes pictures from a prompt on this computer and waits for them. Gives each picture, and "
        "as JSON the job: seeds, sizes and the addresses of the files. An unknown style, preset, "
        "performance or aspect is answered with those there are."
    ),
    input_schema=GenerateArguments.model_json_schema(),
    annotations=ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
    ),
)


class Assistants:
    """The address of the tool, and what has to run while it is served."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self._server = Server(
            "fooocus-lite",
            version=__version__,
            title="Fooocus Lite",
            on_list_tools=self._tools,
            on_call_tool=self._call,
        )
        # Without sessions each call is the caller's own: there is none to be taken over.
        self._app = self._server.streamable_http_app(
            streamable_http_path=PATH,
            stateless_http=True,
            max_request_body_size=MAX_BODY_BYTES,
            # The page's own gate has looked at host, origin and caller by now.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )

    def route(self) -> Route:
        """To be put before the page's own addresses, behind the gate."""
        timeout_s = self.studio.settings.body_timeout_s
        return Route(PATH, BodyLimit(self._app, MAX_BODY_BYTES, timeout_s))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While inside, calls are answered. To be entered once, in the server's event loop."""
        async with self._server.session_manager.run():
            yield

    async def _tools(
        self, _context: Context, _page: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[GENERATE])

    async def _call(self, context: Context, called: CallToolRequestParams) -> CallToolResult:
        """The pictures, or why there are none, in words that an assistant can act on."""
        if called.name != GENERATE.name or context.request is None:
            raise MCPError(INVALID_PARAMS, "There is one tool, called “generate”.")
        try:
            caller = asker_of(self.studio, context.request)
            arguments = _read(called.arguments or {})
            return await self._generate(context, caller, arguments)
        except FooocusLiteError as error:
            return CallToolResult(content=[_text(error.message)], is_error=True)

    async def _generate(
        self, context: Context, caller: Visitor, arguments: GenerateArguments
    ) -> CallToolResult:
        """Raises FooocusLiteError when no picture came of it."""
        job_id = await asyncio.to_thread(self._start, caller, arguments)
        told = -1

        async def tell(view: JobView) -> None:
            nonlocal told
            if (progress := round(100 * view.progress)) > told:
                told = progress
                await context.session.report_progress(progress, 100, view.state)

        view = await ended(self.studio, job_id, caller.owner, WAIT_S, tell)
        if not view.pictures:
            raise told_why(view)
        return await asyncio.to_thread(self._answer, view, caller.owner)

    def _start(self, caller: Visitor, arguments: GenerateArguments) -> str:
        values = arguments.model_dump()
        if arguments.image is not None:
            values["image"] = self.studio.gallery.as_input(arguments.image, caller.owner)
        return self.studio.orders.start(request_from(values), caller)

    def _answer(self, view: JobView, owner: str) -> CallToolResult:
        content: list[ContentBlock] = [_text(job_answer(view).model_dump_json(exclude=RECIPES))]
        for picture in view.pictures:
            data, media_type = self.studio.gallery.picture_as(picture.id, "jpeg", owner)
            text = base64.b64encode(data).decode("ascii")
            content.append(ImageContent(type="image", data=text, mime_type=media_type))
        return CallToolResult(content=content)


def _read(given: dict[str, Any]) -> GenerateArguments:
    """Raises BadRequest naming the first argument that is wrong."""
    try:
        return GenerateArguments.model_validate(given)
    except ValidationError as error:
        raise bad_request_from(error) from None


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)
