"""What a refusal of the Hub, or of the way to it, means for a person: a sentence and a link."""

import re
from dataclasses import dataclass
from typing import NoReturn

import httpx2
from huggingface_hub import constants, hf_raise_for_status
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from ..errors import WeightsError
from ..thinking.labels import label
from .patience import Hiccup

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
REFUSALS = (HfHubHTTPError, httpx2.HTTPError, OfflineModeIsEnabled)
STATUS_PAGE = "https://status.huggingface.co"


@dataclass(frozen=True)
class Asked:
    """What was asked for. `has_token` says whether as somebody; `path` is a file, if one was."""

    endpoint: str
    has_token: bool
    repo_id: str
    revision: str | None = None
    path: str = ""

    @property
    def page(self) -> str:
        return f"{self.endpoint}/{self.repo_id}"

    @property
    def tokens_page(self) -> str:
        return f"{self.endpoint}/settings/tokens"


def raise_for_status(answer: httpx2.Response) -> None:
    """As the client's own, which reads a refusal to its end: what counts stands in its headers."""
    if answer.is_error:
        hf_raise_for_status(
            httpx2.Response(answer.status_code, headers=answer.headers, request=answer.request)
        )


def explain(error: Exception, asked: Asked, has_moved: bool = False) -> NoReturn:
    """Raises Hiccup for what may pass by itself, else WeightsError with the link to click."""
    if isinstance(error, HfHubHTTPError):
        refusal = _refusal(error, asked)
        if error.response.status_code in TRANSIENT:
            wait_s = float(_seconds(error) or 0)
            raise Hiccup(refusal, wait_s, has_moved) from None
        raise refusal from None
    if isinstance(error, OfflineModeIsEnabled):
        raise saying(
            f"{asked.repo_id} cannot be downloaded: HF_HUB_OFFLINE forbids it. Unset it."
        ) from None
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout) and not asked.path:
        raise saying(
            f"{asked.endpoint} cannot be reached. Check the internet connection, or set "
            "HF_ENDPOINT to a mirror."
        ) from None
    if isinstance(error, httpx2.TransportError):
        reason = str(error).strip().rstrip(".") or type(error).__name__
        what = f"{asked.path} of {asked.repo_id}" if asked.path else asked.repo_id
        broken = saying(
            f"No byte of {what} has come for too long ({reason}). What has come is kept: check "
            "the internet connection and try again."
        )
        raise Hiccup(broken, has_moved=has_moved) from None
    raise saying(
        f"{asked.endpoint} gives answers that are not the Hub's ({type(error).__name__}). Check "
        "HF_ENDPOINT."
    ) from None


def saying(message: str, link: str | None = None) -> WeightsError:
    """A WeightsError about a model, with the page that helps."""
    error = WeightsError(message, field="model")
    error.link = link
    return error


def _refusal(error: HfHubHTTPError, asked: Asked) -> WeightsError:
    page = asked.page
    match error:
        case GatedRepoError():
            return _gated(asked)
        case RevisionNotFoundError():
            commits = f"{page}/commits/main"
            return saying(
                f"{asked.repo_id} has no revision “{asked.revision}”. Choose one of {commits}.",
                commits,
            )
        case RemoteEntryNotFoundError():
            files = f"{page}/tree/{asked.revision or constants.DEFAULT_REVISION}"
            return saying(f"{asked.repo_id} has no file “{asked.path}”. Its files: {files}.", files)
        case _:
            return _by_status(error, asked)


def _by_status(error: HfHubHTTPError, asked: Asked) -> WeightsError:
    """What the number of a refusal says where the Hub does not name its kind."""
    status = error.response.status_code
    said = label(error.response.headers.get("X-Error-Message", ""))
    page, tokens = asked.page, asked.tokens_page
    if status == 401 and "Invalid credentials" in said:
        return saying(
            f"The Hub does not accept your access token (HF_TOKEN). Make a new one at {tokens}.",
            tokens,
        )
    if isinstance(error, RepositoryNotFoundError) or status in (401, 404):
        return saying(
            f"The Hub has no model “{asked.repo_id}”, or it is private. Check the name at {page}; "
            "for a private one, set HF_TOKEN to a token of an account that may read it.",
            page,
        )
    if status == 429:
        wait = _seconds(error)
        when = f"in {wait} seconds" if wait else "in some minutes"
        return saying(
            f"The Hub has had too many requests from here. Try again {when}; with an access token "
            f"(HF_TOKEN, from {tokens}) it allows more.",
            tokens,
        )
    if status >= 500:
        return saying(
            f"The Hub has trouble of its own (HTTP {status}). Try again later. Its state: "
            f"{STATUS_PAGE}",
            STATUS_PAGE,
        )
    return saying(
        f"The Hub refuses {asked.repo_id} ({said or f'HTTP {status}'}). Look at {page}.", page
    )


def _seconds(error: HfHubHTTPError) -> str:
    """How long the server asks to wait; empty where it does not, or names a date."""
    said = error.response.headers.get("Retry-After", "")
    return said if re.fullmatch(r"[0-9]{1,9}", said) else ""


def _gated(asked: Asked) -> WeightsError:
    if asked.has_token:
        return saying(
            f"{asked.repo_id} is gated, and the account of your token has no access yet. Open "
            f"{asked.page} and accept the conditions, or wait for the answer; then try again.",
            asked.page,
        )
    return saying(
        f"{asked.repo_id} is gated: its makers want you to accept their conditions. Open "
        f"{asked.page}, log in and accept; then set HF_TOKEN to an access token from "
        f"{asked.tokens_page} and try again.",
        asked.page,
    )
