"""What the Hub has under a name: revision, files with their hashes, licence. Writes nothing.

Talks HTTP through huggingface_hub, to huggingface.co or a mirror.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from huggingface_hub import get_session, hf_hub_url
from huggingface_hub.hf_api import ModelInfo, RepoSibling

from .. import __version__
from ..thinking.amounts import in_bytes
from ..thinking.labels import label
from .address import COMMIT, DEFAULT_ENDPOINT
from .digest import Digest
from .patience import Hiccup, Patience
from .refusals import REFUSALS, Asked, explain, raise_for_status, saying
from .repository import BLOB, RemoteFile, Repository

MAX_ANSWER_BYTES = 64 * 2**20
"""Of what the Hub says about a repository: a list of 50,000 files takes a quarter of it."""
_PASSWORD = re.compile(r"//[^/@]*@")
_TOKEN = re.compile(r"[!-~]+")
# What is raised at an answer that is not shaped as the Hub's.
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Hub:
    """A place to ask. The token goes to the endpoint's own origin only, never where it sends on."""

    endpoint: str = DEFAULT_ENDPOINT
    token: str | None = field(default=None, repr=False)
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        """Raises WeightsError for a token that no header can carry: errors would quote it."""
        if self.token and not _TOKEN.fullmatch(self.token):
            raise saying(
                "The access token (HF_TOKEN) has characters that no token of the Hub has. Copy it "
                "again."
            )

    def repository(
        self,
        repo_id: str,
        revision: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Repository:
        """What the Hub has, by one request. Raises WeightsError with the link to click."""

        def ask() -> Repository:
            try:
                return self._described(repo_id, self._info(repo_id, revision))
            except (*REFUSALS, *_NONSENSE) as error:
                explain(error, self.asked(repo_id, revision))

        return self.patience.keep_trying(ask, is_cancelled)

    def _info(self, repo_id: str, revision: str | None) -> ModelInfo:
        """What the Hub says of it; the client's own `model_info` reads answers of any length."""
        url = f"{self.endpoint}/api/models/{repo_id}"
        if revision is not None:
            url += f"/revision/{quote(revision, safe='')}"
        body = bytearray()
        with get_session().stream(
            "GET",
            url,
            params={"blobs": True},
            headers=self.headers(),
            timeout=self.patience.answer_s,
        ) as answer:
            raise_for_status(answer)
            for data in answer.iter_bytes():
                body += data
                if len(body) > MAX_ANSWER_BYTES:
                    shown = self.asked(repo_id).endpoint
                    raise saying(
                        f"{shown} says more about {repo_id} than {in_bytes(MAX_ANSWER_BYTES)}, "
                        "which is no list of files. Check HF_ENDPOINT, or choose another model."
                    )
        return ModelInfo(**json.loads(body))  # type: ignore[no-untyped-call]  # no type

    def content(
        self, repository: Repository, file: RemoteFile, is_cancelled: Callable[[], bool]
    ) -> bytes:
        """A small file, checked against what was promised. Raises WeightsError."""
        asked = self.asked(repository.repo_id, repository.revision, file.path)

        def ask() -> bytes:
            try:
                body = self._body(repository, file)
            except REFUSALS as error:
                explain(error, asked)
            digest = Digest(file.blob, file.size)
            digest.update(body)
            if not digest.is_right:
                raise Hiccup(
                    saying(
                        f"{file.path} of {repository.repo_id} comes damaged: its hash is not what "
                        "the Hub promised. Try again later, or without the mirror in between."
                    )
                )
            return body

        return self.patience.keep_trying(ask, is_cancelled)

    def _body(self, repository: Repository, file: RemoteFile) -> bytes:
        """What is sent, but no more of it than was promised and one piece."""
        body = bytearray()
        url, timeout = self.url(repository, file), self.patience.answer_s
        with get_session().stream("GET", url, headers=self.headers(), timeout=timeout) as answer:
            raise_for_status(answer)
            for data in answer.iter_raw():
                body += data
                if len(body) > file.size:
                    break
        return bytes(body)

    def url(self, repository: Repository, file: RemoteFile) -> str:
        """Where the file's bytes are asked for; the Hub may send on to another server."""
        return hf_hub_url(
            repository.repo_id, file.path, revision=repository.revision, endpoint=self.endpoint
        )

    def headers(self) -> dict[str, str]:
        """For the Hub itself; without compression, since sizes and hashes are compared."""
        headers = {"User-Agent": f"fooocus-lite/{__version__}", "Accept-Encoding": "identity"}
        return headers | ({"Authorization": f"Bearer {self.token}"} if self.token else {})

    def asked(self, repo_id: str, revision: str | None = None, path: str = "") -> Asked:
        """A question to this Hub, for the sentence that explains a refusal."""
        shown = _PASSWORD.sub("//", self.endpoint)
        return Asked(shown, self.token is not None, repo_id, revision, path)

    def _described(self, repo_id: str, info: ModelInfo) -> Repository:
        page = self.asked(repo_id).page
        if not isinstance(info.sha, str) or not COMMIT.fullmatch(info.sha):
            raise saying(f"The Hub gives no revision of {repo_id}. Look at {page}.", page)
        if info.id != repo_id and info.id.casefold() == repo_id.casefold():
            # Under two spellings it would lie on the disk twice.
            raise saying(f"The Hub writes it {info.id}, not {repo_id}. Write it so.", page)
        card: Any = info.card_data or {}
        licence = card.get("license_name") or card.get("license")
        return Repository(
            repo_id=repo_id,
            revision=info.sha,
            files=tuple(_described_file(each, repo_id) for each in info.siblings or ()),
            licence=(label(licence) if isinstance(licence, str) else "") or "unknown",
            is_gated=bool(info.gated),
            link=page,
        )


def _described_file(sibling: RepoSibling, repo_id: str) -> RemoteFile:
    """Raises WeightsError when size and hash are not said: then nothing could be checked."""
    blob = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
    size = sibling.lfs.size if sibling.lfs else sibling.size
    if not isinstance(size, int) or not isinstance(blob, str) or not BLOB.fullmatch(blob):
        raise saying(
            f"The Hub does not say size and hash of {sibling.rfilename!r} of {repo_id}, so that it "
            "could not be checked. Choose another model."
        )
    return RemoteFile(str(sibling.rfilename), size, blob)
