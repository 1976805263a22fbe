"""What programs for OpenAI's images send: JSON, or a form with a picture to start from."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData, UploadFile

from ..errors import BadRequest
from ..recipe import MAX_COUNT, MAX_PROMPT_CHARACTERS, ImageFormat, Strength

MAX_FILES, MAX_FIELDS = 20, 50
PICTURES = ("image", "image[]")
"""One picture, and a list, as their client calls them."""
MASKS = ("mask", "markup")


class ImagesRequest(BaseModel):
    """What their client sends. A field that nothing here can honour is refused by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    prompt: Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS)]
    model: Annotated[
        str | None, Field(description="A model or a preset; one of theirs means the default")
    ] = None
    n: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    size: Annotated[str, Field(max_length=40, description="WIDTHxHEIGHT or auto")] = "auto"
    quality: Literal["auto", "low", "medium", "high", "standard", "hd"] = "auto"
    response_format: Literal["b64_json", "url"] = "b64_json"
    output_format: ImageFormat = "png"
    stream: bool = False
    partial_images: Annotated[int, Field(ge=0, le=3)] = 0
    background: Literal["auto", "opaque"] = "auto"
    moderation: Literal["auto", "low"] = "auto"
    user: Annotated[str, Field(max_length=1_000)] = ""


class EditsRequest(ImagesRequest):
    """What their client sends beside the picture. With size “auto” the answer has its shape."""

    input_fidelity: Literal["low"] = "low"
    strength: Annotated[
        Strength | None,
        Field(
            description="How much of the picture may change; left out, the model family's own. "
            "OpenAI has no such field."
        ),
    ] = None


@dataclass(frozen=True)
class Edit:
    """The fields of a form, and the bytes of its picture."""

    asked: EditsRequest
    picture: bytes


async def edit_of(request: Request) -> Edit:
    """What the form asks for. Raises BadRequest, RequestValidationError, and what Starlette raises
    for a form that cannot be read.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise BadRequest(
            "Send a form (multipart/form-data) with the picture's file in “image”.", field="image"
        )
    async with request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS) as form:
        for name in MASKS:
            if _is_given(form.get(name)):
                raise BadRequest(
                    f"{name} is not possible yet: a picture changes as a whole. Leave {name} out.",
                    field=name,
                )
        files = (*PICTURES, *MASKS)
        values = {name: value for name, value in form.multi_items() if name not in files}
        try:
            asked = EditsRequest.model_validate(values)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            raise RequestValidationError(
                [{**each, "loc": ("body", *each["loc"])} for each in errors]
            ) from None
        return Edit(asked, await _picture(form).read())


def _picture(form: FormData) -> UploadFile:
    """Raises BadRequest unless there is exactly one."""
    given = [each for name in PICTURES for each in form.getlist(name)]
    if len(given) != 1:
        raise BadRequest(
            f"There are {len(given)} pictures in “image”; a job starts from one. Send one.",
            field="image",
        )
    if not isinstance(given[0], UploadFile):
        raise BadRequest("“image” is text. Send the picture as a file.", field="image")
    return given[0]


def _is_given(value: UploadFile | str | None) -> bool:
    """Whether there is something in it: browsers send a file that nobody chose as an empty one."""
    return bool(value.size if isinstance(value, UploadFile) else value)


def _form() -> dict[str, Any]:
    """The form as OpenAPI describes it."""
    schema = EditsRequest.model_json_schema()
    image = {
        "type": "string",
        "format": "binary",
        "description": "One PNG, JPEG or WebP file to start from; also called image[].",
    }
    schema["properties"] = {"image": image, **schema["properties"]}
    schema["required"] = ["image", *schema["required"]]
    return schema


FORM: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _form()}}}
}
