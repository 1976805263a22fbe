"""Text inside a picture file: where each format keeps ours, and reading anybody's without harm.

PNG: text chunks. JPEG and WebP: the A1111 text in EXIF UserComment; our JSON in WebP's EXIF
MakerNote and in JPEG's APP9 segments, numbered, because one ends at 64 KB and a prompt may not.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo, iTXt

from ..recipe import ImageFormat

RECIPE_KEY = "fooocus_lite"
PARAMETERS_KEY = "parameters"
MAX_FILE_BYTES = 50_000_000
MAX_TEXT_BYTES = 2_000_000
MAX_OTHERS = 100

EXIF_IFD, USER_COMMENT, MAKER_NOTE, SOFTWARE, DESCRIPTION = 0x8769, 0x9286, 0x927C, 0x0131, 0x010E
# ComfyUI writes "prompt:{…}" and "workflow:{…}" where a camera writes its maker and model.
MAKE, CAMERA = 0x010F, 0x0110
MARK = b"fooocus_lite\0"
APP9 = b"\xff\xe9"
# A segment's length counts its own two bytes and ends at 65,535.
SEGMENT_BYTES = 65_533 - len(MARK) - 2
EXIF_LIMIT_BYTES = 65_000


@dataclass
class Texts:
    """The texts of a file; `problem` is a sentence when some could not be read."""

    recipe: str | None = None
    parameters: str | None = None
    others: dict[str, str] = field(default_factory=dict)
    problem: str | None = None


def save_options(image_format: ImageFormat, recipe: str, parameters: str) -> dict[str, Any]:
    """Arguments for `Image.save` that write both texts.

    In a JPEG, `parameters` of more than 65,000 bytes is left out, since EXIF cannot hold it; the
    recipe always fits.
    """
    if image_format == "png":
        info = PngInfo()
        info.add_itxt(RECIPE_KEY, recipe)
        info.add_text(PARAMETERS_KEY, parameters)
        return {"pnginfo": info}
    exif = Image.Exif()
    inner = exif.get_ifd(EXIF_IFD)
    comment = b"UNICODE\0" + parameters.encode("utf-16-be")
    if image_format == "webp":
        inner[USER_COMMENT] = comment
        inner[MAKER_NOTE] = MARK + recipe.encode()
        return {"exif": exif}
    options: dict[str, Any] = {"extra": _segments(recipe.encode())}
    if len(comment) <= EXIF_LIMIT_BYTES:
        inner[USER_COMMENT] = comment
        options["exif"] = exif
    return options


def read_texts(path: Path) -> Texts:
    """Our texts and others' in a PNG, JPEG or WebP; the pixels are not decoded.

    Never raises for what is in the file: that becomes `problem`.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            megabytes = MAX_FILE_BYTES // 1_000_000
            return Texts(problem=f"{path.name} is larger than {megabytes} MB; it is not read.")
        with path.open("rb") as file:
            return read_texts_of(file, path.name)
    except FileNotFoundError:
        return Texts(problem=f"There is no file {path}.")
    except OSError:
        return Texts(problem=f"{path.name} cannot be read.")


def read_texts_of(file: BinaryIO, name: str) -> Texts:
    """`read_texts` of an open file, called `name` in sentences; its length is not looked at."""
    texts = Texts()
    try:
        with Image.open(file, formats=("PNG", "JPEG", "WEBP")) as image:
            _collect(image, texts)
    except (OSError, Image.DecompressionBombWarning):
        texts.problem = f"{name} is no PNG, JPEG or WebP picture that can be read."
    except Exception as error:  # Pillow's readers raise of every kind on hostile bytes.
        texts.problem = f"{name} has damaged metadata ({type(error).__name__})."
    return texts


def _collect(image: Image.Image, texts: Texts) -> None:
    for name, value in image.info.items():
        if isinstance(value, str) and name != "exif":
            _keep(str(name), value if isinstance(value, iTXt) else _as_utf_8(value), texts)
    exif = image.getexif()
    inner = exif.get_ifd(EXIF_IFD)
    # Fooocus keeps these in the outer directory, most others in the inner one.
    for directory in (exif, inner):
        if (comment := directory.get(USER_COMMENT)) is not None:
            _keep(PARAMETERS_KEY, _comment_text(comment), texts)
        note = directory.get(MAKER_NOTE)
        if isinstance(note, bytes) and note.startswith(MARK):
            _keep(RECIPE_KEY, note[len(MARK) :].decode(), texts)
        elif note is not None:
            _keep("MakerNote", _comment_text(note), texts)
    for name, tag in (("Software", SOFTWARE), ("ImageDescription", DESCRIPTION)):
        if (value := exif.get(tag)) is not None:
            _keep(name, str(value), texts)
    for tag in (MAKE, CAMERA):
        name, colon, text = str(exif.get(tag, "")).partition(":")
        if colon and name in ("prompt", "workflow"):
            _keep(name, text, texts)
    if (joined := _joined(getattr(image, "applist", []))) is not None:
        _keep(RECIPE_KEY, joined.decode(), texts)


def _as_utf_8(text: str) -> str:
    """What was meant by UTF-8 in a chunk whose letters are Latin-1, as many programs write it."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _keep(name: str, text: str, texts: Texts) -> None:
    """Puts a text in its place, unless it is too long."""
    if len(text) > MAX_TEXT_BYTES:
        texts.problem = (
            f"The text “{name[:60]}” has {len(text):,} characters; at most "
            f"{MAX_TEXT_BYTES:,} are read."
        )
    elif name == RECIPE_KEY:
        texts.recipe = text
    elif name == PARAMETERS_KEY:
        texts.parameters = text
    elif len(texts.others) < MAX_OTHERS:
        texts.others[name[:200]] = text


def _segments(data: bytes) -> bytes:
    """`data` as APP9 segments, each with our mark, its number and their count."""
    pieces = [data[start : start + SEGMENT_BYTES] for start in range(0, len(data), SEGMENT_BYTES)]
    segments = []
    for number, piece in enumerate(pieces, start=1):
        body = MARK + bytes((number, len(pieces))) + piece
        segments.append(APP9 + (len(body) + 2).to_bytes(2, "big") + body)
    return b"".join(segments)


def _joined(segments: list[tuple[str, bytes]]) -> bytes | None:
    """The inverse of `_segments`; None without ours. Raises ValueError when one is missing."""
    ours = [
        body[len(MARK) :] for name, body in segments if name == "APP9" and body[: len(MARK)] == MARK
    ]
    if not ours:
        return None
    numbers = [(body[0], body[1]) for body in ours]
    if numbers != [(number, len(ours)) for number in range(1, len(ours) + 1)]:
        raise ValueError("a segment is missing")
    return b"".join(body[2:] for body in ours)


def _comment_text(value: object) -> str:
    """The text of a UserComment, whose first 8 bytes name its encoding (EXIF 2.3, table 9)."""
    if not isinstance(value, bytes):
        return str(value)
    code, text = value[:8], value[8:]
    if code == b"UNICODE\0":
        # Big-endian by habit, yet some writers follow the file's byte order: ASCII tells.
        is_little = text[1::2].count(0) > text[0::2].count(0)
        decoded = text.decode("utf-16-le" if is_little else "utf-16-be", "replace")
        return decoded.strip("\0\ufeff")
    if code in (b"ASCII\0\0\0", bytes(8)):
        return text.decode("utf-8", "replace").strip("\0")
    return value.decode("utf-8", "replace").strip("\0")
