"""Errors as answers: one shape, `{"error": {"code", "message", "field", "allowed"}}`, and a status.

Messages stand in JSON only, so that nothing in them is ever read as HTML.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ..errors import (
    BadRequest,
    DiskError,
    FooocusLiteError,
    LineFull,
    NotAllowed,
    NotFound,
    NotLoggedIn,
    NotWaiting,
    TooMany,
    UnknownName,
    WeightsError,
    nearest_names,
)
from ..recipe import in_words

log = logging.getLogger(__name__)
RETRY_AFTER_S = 30
SHOWN_CHARACTERS = 60
NO_OBJECT = ("model_attributes_type", "model_type", "dict_type")
Responses = dict[int | str, dict[str, Any]]
FIELDS = {"style": "styles", "lora": "loras"}
"""One of many is not there: the field that it stands in."""
CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 408: "timeout"}


class TooLarge(FooocusLiteError):
    code = "too_large"


class TooSlow(FooocusLiteError):
    code = "timeout"


class Refusal(BaseModel):
    """Why something was not done. `allowed`: what would have been, or the nearest of it."""

    code: str
    message: str
    field: str | None = None
    allowed: list[str] | None = None


class RefusalAnswer(BaseModel):
    error: Refusal


REFUSALS: Responses = {
    status: {"model": RefusalAnswer, "description": description}
    for status, description in (
        (422, "A value of the wrong kind, or a field that is not known"),
        ("4XX", "Refused"),
        ("5XX", "Not possible now"),
    )
}
Shape = Callable[[Refusal, int], dict[str, Any]]
"""From a refusal and its status to the body of the answer."""


class JobEnded(FooocusLiteError):
    """A job that somebody waited for has no pictures; `code` says why."""

    def __init__(self, message: str, code: str, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.code = code


def status_of(error: FooocusLiteError) -> int:
    """The HTTP status that says the same."""
    match error:
        case TooMany():
            return 429
        case LineFull():
            return 503
        case UnknownName(field="model"):
            return 404
        case BadRequest():
            return 400
        case NotLoggedIn():
            return 401
        case NotAllowed():
            return 403
        case NotFound():
            return 404
        case WeightsError() | NotWaiting():
            return 409
        case TooSlow():
            return 408
        case TooLarge():
            return 413
        case DiskError():
            return 507
        case JobEnded(code="cancelled"):
            return 409
        case JobEnded(code="blocked"):
            return 403
        case JobEnded(code="timeout"):
            return 408
        case _:
            return 500


def refusal_of(error: FooocusLiteError) -> Refusal:
    field = FIELDS.get(error.field or "", error.field)
    return Refusal(
        code=error.code, message=error.message, field=field, allowed=error.allowed or None
    )


def ours(refusal: Refusal, _status: int) -> dict[str, Any]:
    """The shape of our own API."""
    return {"error": refusal.model_dump()}


def add_handlers(app: FastAPI, asked: Mapping[str, type[BaseModel]], shape: Shape = ours) -> None:
    """Makes every error of the application take one shape. `asked`: what its callers send, by the
    end of the address.
    """
    schemas = {path: model.model_json_schema()["properties"] for path, model in asked.items()}

    @app.exception_handler(FooocusLiteError)
    def expected(_request: Request, error: FooocusLiteError) -> Response:
        return answer_to(error, shape)

    @app.exception_handler(RequestValidationError)
    def not_valid(request: Request, error: RequestValidationError) -> Response:
        address = request.url.path
        found = (fields for path, fields in schemas.items() if address.endswith(path))
        return _answer(422, complaint(error.errors(), next(found, {})), shape)

    @app.exception_handler(HTTPException)
    def of_starlette(_request: Request, error: HTTPException) -> Response:
        code = CODES.get(error.status_code, "http_error")
        message = f"{error.detail.removesuffix('.')}."
        return _answer(error.status_code, Refusal(code=code, message=message), shape)

    @app.exception_handler(Exception)
    def unexpected(_request: Request, error: Exception) -> Response:
        log.error("a call to the API broke", exc_info=error)
        message = "Something unexpected broke. The log of the program has the details."
        return _answer(500, Refusal(code="internal", message=message), shape)


def answer_to(error: FooocusLiteError, shape: Shape = ours, status: int | None = None) -> Response:
    """The response for one of our own errors; `status` in place of the one that says the same."""
    headers = {}
    if isinstance(error, TooMany | LineFull):
        wait_s = getattr(error, "retry_after_s", None) or RETRY_AFTER_S
        headers["retry-after"] = str(max(1, round(wait_s)))
    if isinstance(error, NotLoggedIn):
        headers["www-authenticate"] = "Bearer"
    return _answer(status or status_of(error), refusal_of(error), shape, headers)


def complaint(errors: Sequence[Any], fields: Mapping[str, dict[str, Any]]) -> Refusal:
    """The first complaint of pydantic as one sentence, with what would have been allowed.

    `fields`: the JSON schema of each field by its name.
    """
    first = errors[0]
    place = [str(part) for part in first["loc"][1:]]
    field = ".".join(place) or None
    message = in_words(first)
    if first["type"] == "extra_forbidden":
        near = nearest_names(place[-1], fields)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        message = f"There is no field called “{_shown(place[-1])}”.{hint}"
        return Refusal(code="unknown_field", message=message, field=field, allowed=near or None)
    if first["type"] == "json_invalid":
        return Refusal(code="bad_json", message="The body is not JSON that can be read.")
    if first["type"] == "missing":
        return Refusal(code="missing", message=f"{field or 'A body'} is needed.", field=field)
    if field is None and first["type"] in NO_OBJECT:
        message = "The body is no JSON object. Send one, with content-type: application/json."
        return Refusal(code="bad_json", message=message)
    if field is None:
        # What looks at the whole request names the field itself.
        return Refusal(
            code="bad_request", message=f"{message}.", field=first.get("ctx", {}).get("field")
        )
    value = _shown(first.get("input"))
    message = f"{field} is “{value}”: {message[:1].lower()}{message[1:]}."
    allowed = list(_allowed(fields.get(place[0], {}))) or None
    return Refusal(code="bad_request", message=message, field=field, allowed=allowed)


def _allowed(schema: dict[str, Any]) -> Iterator[str]:
    """The values of a closed set, or the range, of a field's JSON schema."""
    for each in schema.get("anyOf", [schema]):
        yield from (str(value) for value in each.get("enum", ()))
        low, high = each.get("minimum"), each.get("maximum")
        if low is not None or high is not None:
            yield f"{'' if low is None else low} to {'' if high is None else high}".strip()


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"


def _answer(
    status: int, refusal: Refusal, shape: Shape, headers: Mapping[str, str] | None = None
) -> Response:
    headers = {"cache-control": "no-store", **(headers or {})}
    # ASCII, since what was sent, and is named in a message, may be no text that UTF-8 can hold.
    body = json.dumps(shape(refusal, status))
    return Response(body, status, headers, media_type="application/json")
