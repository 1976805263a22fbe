"""How people name a repository of the Hub: `owner/name`, or a link pasted from a browser.

One of its files is `owner/name/file.safetensors`.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ..errors import BadRequest
from ..thinking.labels import is_printable, label

DEFAULT_ENDPOINT = "https://huggingface.co"
MAX_FILE = 200
COMMIT = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_REVISION = re.compile(r"[\w][\w.+-]*(?:/[\w.+-]+)*")
_LINK_HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")


@dataclass(frozen=True)
class Address:
    """A repository as a person names it, with the revision and file if a link says them."""

    repo_id: str
    revision: str | None = None
    file: str | None = None


def address(text: str) -> Address:
    """A repository from what a person typed or pasted: its name, a file's, or a link to either.

    Raises BadRequest when it is neither. Case counts; `..`, `--` and spaces are refused.
    """
    typed = text.strip().rstrip("/")
    if typed.partition("/")[0].lower() in _LINK_HOSTS:  # as some browsers show it
        typed = f"https://{typed}"
    try:
        parts = urlsplit(typed)
    except ValueError:
        raise _no_link(typed) from None
    if parts.scheme not in ("http", "https"):
        owner, name, path = [*typed.split("/", 2), "", ""][:3]
        is_file = path.endswith(".safetensors")
        repo_id = checked_repo_id(f"{owner}/{name}" if is_file else typed)
        return Address(repo_id, None, _checked_file(path) or None)
    owner, name, verb, revision, *file = [
        *map(unquote, parts.path.strip("/").split("/")),
        *[""] * 4,
    ]
    if parts.hostname not in _LINK_HOSTS or owner in ("datasets", "spaces") or not name:
        raise _no_link(typed)
    repo_id = checked_repo_id(f"{owner}/{name}")
    if verb not in ("tree", "blob", "resolve") or not revision:
        return Address(repo_id)
    path = "/".join(filter(None, file)) if verb != "tree" else ""
    return Address(repo_id, checked_revision(revision), _checked_file(path) or None)


def _no_link(typed: str) -> BadRequest:
    return BadRequest(
        f"“{typed[:200]}” is no link to a model of the Hub, such as {DEFAULT_ENDPOINT}/owner/name.",
        field="model",
    )


def _checked_file(path: str) -> str:
    """The path, if a file could be called so. Raises BadRequest."""
    if len(path) > MAX_FILE or not is_printable(path):
        raise BadRequest(
            f"“{label(path, 80)}…” is no name of a file: at most {MAX_FILE} letters that can be "
            "seen.",
            field="model",
        )
    return path


def as_on_the_hub(text: str, endpoint: str) -> str:
    """A link to a page of the mirror at `endpoint` as the Hub's own; any other text as it is."""
    base = endpoint.rstrip("/")
    is_of_mirror = text.strip().startswith(f"{base}/")
    return DEFAULT_ENDPOINT + text.strip().removeprefix(base) if is_of_mirror else text


def checked_repo_id(text: str) -> str:
    """The name, if a repository can be called so. Raises BadRequest.

    Stricter than the Hub on one point: there must be an owner.
    """
    names = text.split("/")
    is_sound = (
        len(names) == 2
        and len(text) <= 96
        and all(_NAME.fullmatch(name) for name in names)
        and ".." not in text
        and "--" not in text
        and not text.endswith(".git")
    )
    if not is_sound:
        raise BadRequest(
            f"“{text[:120]}” is no name of a model on the Hub. Write owner/name with letters, "
            "digits and . _ - as its page shows it, or paste the page's link.",
            field="model",
        )
    return text


def checked_revision(revision: str | None) -> str | None:
    """The revision (branch, tag or commit), if it can be one. Raises BadRequest."""
    if revision is None:
        return None
    if len(revision) > 200 or ".." in revision or not _REVISION.fullmatch(revision):
        raise BadRequest(
            f"“{revision[:200]}” is no revision: a branch such as main, a tag, or the 40 letters "
            "and digits of a commit.",
            field="revision",
        )
    return revision
