"""A recipe as a link or a small file, to give away: the same JSON, in the link compressed.

A link is `#r=` and base64url of one version byte and zlib data. It holds the recipe and the
picture's fingerprint, never its pixels, its path or the machine it was made on.
"""

import base64
import binascii
import re
import zlib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import BadRequest
from ..recipe import Recipe, bad_request_from

MARK = "#r="
VERSION = 1
ZLIB_START = b"\x78"
"""The first byte of zlib data, whatever is in it; a damaged link hardly has it."""
MAX_LINK_CHARACTERS = 200_000
MAX_JSON_BYTES = 1_000_000
THUMBNAIL_SIDE = 8
THUMBNAIL_HEX_CHARACTERS = THUMBNAIL_SIDE * THUMBNAIL_SIDE * 3 * 2
LINK = re.compile(r"\S{0,2000}?#r=([A-Za-z0-9_-]*)\s*")


class Fingerprint(BaseModel):
    """What tells whether a picture came out the same, without having it.

    `sha256` is that of the RGB bytes, row by row; None when the file was saved with losses, since
    nobody can make those bytes again. `thumbnail` is the picture as 8 x 8 RGB colours, in hex.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    thumbnail: Annotated[str, Field(pattern=rf"^[0-9a-f]{{{THUMBNAIL_HEX_CHARACTERS}}}$")]


class Shared(BaseModel):
    """What is given away; `fingerprint` is None when there was no picture."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    recipe: Recipe
    fingerprint: Fingerprint | None = None


def to_link(shared: Shared) -> str:
    """The fragment to put behind any page of this program: "#r=…"."""
    packed = bytes((VERSION,)) + zlib.compress(
        shared.model_dump_json(exclude_none=True).encode(), 9
    )
    return MARK + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_link(text: str) -> Shared:
    """What `to_link` packed, also from a whole address. Raises BadRequest for anything else."""
    if len(text) > MAX_LINK_CHARACTERS:
        raise BadRequest(
            f"The recipe link has {len(text):,} characters; at most {MAX_LINK_CHARACTERS:,} are "
            "read. Ask for the recipe file instead."
        )
    found = LINK.fullmatch(text.strip())
    if found is None or not found[1]:
        raise BadRequest(
            "This is no recipe link: one has “#r=” and letters after it. Copy it again."
        )
    return _shared(_unpacked(found[1]), "link")


def is_link(text: str) -> bool:
    """Whether a text means to be a link: one word with the mark in it."""
    return len(text) <= 2 * MAX_LINK_CHARACTERS and LINK.fullmatch(text.strip()) is not None


def to_file(shared: Shared) -> str:
    """The text of a recipe file (JSON), for a disk rather than a message."""
    return shared.model_dump_json(indent=2) + "\n"


def from_file(text: str) -> Shared:
    """What `to_file` wrote. Raises BadRequest for anything else."""
    if len(text) > MAX_JSON_BYTES:
        raise BadRequest(
            f"The recipe file has {len(text):,} characters; at most {MAX_JSON_BYTES:,} are read, "
            "more than any of this program has. Choose another file."
        )
    return _shared(text.encode(errors="replace"), "file")


def _unpacked(letters: str) -> bytes:
    try:
        packed = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
    except binascii.Error:
        raise _damaged("link") from None
    version = packed[0] if packed else 0
    if version > VERSION and packed[1:2] == ZLIB_START:
        raise BadRequest(
            f"The recipe link is of a newer kind (version {version}) than this program reads "
            f"(version {VERSION}). Update the program, or ask for the recipe file."
        )
    if version != VERSION:
        raise _damaged("link")
    unpacking = zlib.decompressobj()
    try:
        # One byte more than allowed tells a bomb without unpacking it.
        data = unpacking.decompress(packed[1:], MAX_JSON_BYTES + 1)
    except zlib.error:
        raise _damaged("link") from None
    if len(data) > MAX_JSON_BYTES:
        raise BadRequest(
            f"The recipe link unpacks to more than {MAX_JSON_BYTES:,} bytes, so it was not made by "
            "this program. Ask for another."
        )
    if not unpacking.eof:
        raise _damaged("link")
    return data


def _shared(data: bytes, kind: str) -> Shared:
    try:
        return Shared.model_validate_json(data)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise _damaged(kind) from None
        complaint = bad_request_from(error)
        raise BadRequest(
            f"The recipe {kind} does not fit this program: {complaint.message}",
            field=complaint.field,
        ) from None


def _damaged(kind: str) -> BadRequest:
    return BadRequest(f"The recipe {kind} is damaged: a part is missing or changed. Copy it again.")
