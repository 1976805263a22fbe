"""A Hub on this machine: real HTTP on two loopback ports, the Hub's and its CDN's, with faults.

    with LocalHub() as hub:
        hub.add_repo("owner/name", {"model_index.json": b"{}"})
        hub.fault("unet/model.safetensors", drop_at=1000)
        download(Order("owner/name", models, hub=Hub(hub.endpoint)))
        assert hub.requests[-1].path == …

While it is open, huggingface_hub's shared client in this process reaches this machine, and nothing
else, HF_HUB_OFFLINE or not. A process of its own is given `endpoint` and HF_HUB_OFFLINE=0.
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

import httpx2
from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory

LFS_SUFFIXES = (".safetensors", ".bin", ".ckpt", ".pt")
SLICE_BYTES = 64 * 1024


@dataclass(frozen=True)
class Request:
    """One line of the log. `server` is "hub" or "cdn"; header names are in lower case."""

    server: str
    method: str
    path: str
    headers: Mapping[str, str]
    status: int


@dataclass
class Fault:
    """What goes wrong with one path; `times` is how often, None is always.

    `drop_at`: the connection ends before this byte of the file; `drop_every`: after so many bytes,
    each time. `truncate_at`: the body ends there,
    politely. `stall_at`: from there on nothing comes any more. `delay_s`: after every 64 KiB.
    `surplus`: bytes after the end. `page`: sent in place of everything, with the status if one is
    given. `range_said`: what stands in Content-Range.
    """

    status: int | None = None
    error_code: str | None = None
    retry_after: str | None = None
    drop_at: int | None = None
    drop_every: int | None = None
    truncate_at: int | None = None
    is_corrupt: bool = False
    ignores_range: bool = False
    wrong_range: bool = False
    range_said: str | None = None
    surplus: bytes = b""
    page: bytes | None = None
    delay_s: float = 0.0
    stall_at: int | None = None
    times: int | None = None


@dataclass
class Repo:
    """One repository: its revisions' files, newest last, and who may read it."""

    revisions: dict[str, dict[str, bytes]]
    refs: dict[str, str]
    licence: str = "apache-2.0"
    gated: bool = False
    private: bool = False
    extra: list[dict[str, Any]] = field(default_factory=list)

    def files(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        commit = self.refs.get(revision, revision)
        return (commit, self.revisions[commit]) if commit in self.revisions else None


class FakeTime:
    """A clock that only sleeping moves, so that no test waits. For `Patience(clock=, sleep=)`."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


class LocalHub:
    """Serves repositories until the end of its `with`.

    `tokens` are those it knows; only the `granted` are let into gated repositories.
    """

    def __init__(self, tokens: Iterable[str] = ("hf_good",), granted: Iterable[str] = ()) -> None:
        self.tokens = set(tokens)
        self.granted = set(granted)
        self.requests: list[Request] = []
        self._repos: dict[str, Repo] = {}
        self._blobs: dict[str, bytes] = {}
        self._faults: dict[str, Fault] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._servers = [self._server("hub"), self._server("cdn")]
        self.endpoint, self.cdn = (
            f"http://127.0.0.1:{server.server_address[1]}" for server in self._servers
        )

    # -- what it has -----------------------------------------------------------------------

    def add_repo(
        self,
        repo_id: str,
        files: Mapping[str, bytes] | Path,
        *,
        licence: str = "apache-2.0",
        gated: bool = False,
        private: bool = False,
    ) -> str:
        """Puts a repository there, or a newer revision of one; returns the revision (40 hex)."""
        contents = _read(files) if isinstance(files, Path) else dict(files)
        for data in contents.values():
            self._blobs[hashlib.sha256(data).hexdigest()] = data
        known = self._repos.get(repo_id) or Repo({}, {})
        text = repr((repo_id, len(known.revisions), sorted(contents)))
        commit = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        known.revisions[commit] = contents
        known.refs["main"] = commit
        known.licence, known.gated, known.private = licence, gated, private
        self._repos[repo_id] = known
        return commit

    def tag(self, repo_id: str, name: str, revision: str) -> None:
        self._repos[repo_id].refs[name] = revision

    def claim(self, repo_id: str, path: str, size: int = 1, blob: str = "0" * 64) -> None:
        """Lists a file that is not really there, such as one outside the folder, or a huge one."""
        lfs = {"sha256": blob, "size": size, "pointerSize": 130}
        self._repos[repo_id].extra.append(
            {"rfilename": path, "size": size, "blobId": "0" * 40, "lfs": lfs}
        )

    def fault(self, path: str, **what: Any) -> None:
        """Makes something go wrong with a file ("unet/…"), or with "info", what the API answers."""
        self._faults[path] = Fault(**what)

    def heal(self) -> None:
        """Everything works again, and the log is empty."""
        self._faults.clear()
        self.requests.clear()

    def asked(self, path: str, server: str | None = None) -> list[Request]:
        """The requests for one file so far, in order."""
        return [
            each
            for each in list(self.requests)
            if path in unquote(each.path) and server in (None, each.server)
        ]

    # -- opening and closing ---------------------------------------------------------------

    def __enter__(self) -> Self:
        set_client_factory(_client_for_this_machine)
        for server in self._servers:
            threading.Thread(
                target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
            ).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.set()
        set_client_factory(default_client_factory)
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def _server(self, name: str) -> ThreadingHTTPServer:
        hub = self

        class Handler(_Handler):
            def answer(self) -> None:
                hub.handle(name, self)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        vars(server).update(hub=hub, name=name)
        return server

    # -- answering -------------------------------------------------------------------------

    def handle(self, server: str, handler: "_Handler") -> None:
        parts = urlsplit(handler.path)
        steps = unquote(parts.path).strip("/").split("/")
        if server == "cdn":
            self._send_file(handler, parse_qs(parts.query)["path"][0], self._blobs[steps[-1]])
        elif steps[:2] == ["api", "models"] and len(steps) >= 4:
            self._answer_api(handler, "/".join(steps[2:4]), steps[4:], parse_qs(parts.query))
        elif len(steps) > 4 and steps[2] == "resolve":
            # A revision such as refs/pr/1 arrives with its slashes quoted.
            raw = parts.path.strip("/").split("/")
            self._resolve(handler, "/".join(steps[:2]), unquote(raw[3]), unquote("/".join(raw[4:])))
        else:
            handler.refuse(404, "", "Not Found")

    def _answer_api(
        self, handler: "_Handler", repo_id: str, steps: list[str], query: dict[str, list[str]]
    ) -> None:
        if self._goes_wrong(handler, "info"):
            return
        written = {name.lower(): name for name in self._repos}.get(repo_id.lower(), repo_id)
        if written != repo_id:
            target = handler.path.replace(repo_id, written)
            handler.send_all(307, {"Location": self.endpoint + target}, b"")
            return
        repo = self._admitted(handler, repo_id)
        if repo is None:
            return
        kind = steps[0] if steps else "revision"
        found = repo.files("/".join(steps[1:]) or "main")
        if found is None:
            handler.refuse(404, "RevisionNotFound", "Invalid rev id")
            return
        commit, files = found
        if kind == "tree":
            self._send_tree(handler, repo, files, int(query.get("cursor", ["0"])[0]))
            return
        handler.send_json(
            {
                "id": repo_id,
                "sha": commit,
                "private": repo.private,
                "gated": "manual" if repo.gated else False,
                "cardData": {"license": repo.licence},
                "siblings": [_sibling(*each) for each in files.items()] + repo.extra,
            }
        )

    def _send_tree(
        self, handler: "_Handler", repo: Repo, files: Mapping[str, bytes], start: int
    ) -> None:
        """Ten entries a page, and the link to the next."""
        entries = [_tree_entry(*each) for each in files.items()]
        link = {}
        if start + 10 < len(entries):
            page = urlsplit(handler.path).path
            link = {
                "Link": f'<{self.endpoint}{page}?recursive=true&cursor={start + 10}>; rel="next"'
            }
        handler.send_json(entries[start : start + 10], link)

    def _resolve(self, handler: "_Handler", repo_id: str, revision: str, path: str) -> None:
        repo = self._admitted(handler, repo_id)
        if repo is None:
            return
        token = handler.token
        if repo.gated and token not in self.granted:
            handler.refuse(
                403 if token in self.tokens else 401, "GatedRepo", "Access is restricted"
            )
            return
        found = repo.files(revision)
        if found is None:
            handler.refuse(404, "RevisionNotFound", "Invalid rev id")
            return
        commit, files = found
        if path not in files:
            handler.refuse(404, "EntryNotFound", "Entry not found")
            return
        data = files[path]
        headers = {
            "X-Repo-Commit": commit,
            "Accept-Ranges": "bytes",
            "ETag": f'"{_blob(path, data)}"',
        }
        if not path.endswith(LFS_SUFFIXES):
            self._send_file(handler, path, data, headers)
            return
        if self._goes_wrong(handler, path):
            return
        digest = _blob(path, data)
        headers |= {
            "X-Linked-Etag": f'"{digest}"',
            "X-Linked-Size": str(len(data)),
            "Location": f"{self.cdn}/blobs/{digest}?path={quote(path)}",
        }
        handler.send_all(302, headers, b"")

    def _admitted(self, handler: "_Handler", repo_id: str) -> Repo | None:
        """The repository, if the one who asks may know of it."""
        token, repo = handler.token, self._repos.get(repo_id)
        if token is not None and token not in self.tokens:
            handler.refuse(401, "", "Invalid credentials in Authorization header")
        elif repo is None or (repo.private and token is None):
            handler.refuse(401 if token is None else 404, "RepoNotFound", "Repository not found")
        else:
            return repo
        return None

    def _goes_wrong(self, handler: "_Handler", path: str) -> bool:
        """Answers with the path's faulty status, if it has one."""
        fault = self._faults.get(path)
        if fault is not None and fault.page is not None:
            handler.send_all(fault.status or 200, {"Content-Type": "text/html"}, fault.page)
            return True
        if fault is None or fault.status is None or not self._is_due(fault):
            return False
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        handler.refuse(fault.status, fault.error_code or "", "Out of order", headers)
        return True

    def _is_due(self, fault: Fault) -> bool:
        with self._lock:
            if fault.times is None:
                return True
            fault.times -= 1
            return fault.times >= 0

    def _send_file(
        self,
        handler: "_Handler",
        path: str,
        data: bytes,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if self._goes_wrong(handler, path):
            return
        fault = self._faults.get(path)
        if fault is None or fault.status is not None or not self._is_due(fault):
            fault = Fault()
        if fault.is_corrupt:
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        start = 0 if fault.ignores_range else handler.range_start
        if start and start >= len(data):
            handler.send_all(416, {"Content-Range": f"bytes */{len(data)}"}, b"")
            return
        end = len(data) if fault.truncate_at is None else fault.truncate_at
        sent = dict(headers or {})
        if start:
            shown = start + 1 if fault.wrong_range else start
            sent["Content-Range"] = fault.range_said or f"bytes {shown}-{len(data) - 1}/{len(data)}"
        body = data[start:end] + fault.surplus
        handler.start(206 if start else 200, {**sent, "Content-Length": str(len(body))})
        if handler.command != "HEAD":
            self._send_body(handler, body, start, fault)

    def _send_body(self, handler: "_Handler", body: bytes, start: int, fault: Fault) -> None:
        drop_at = len(body) if fault.drop_at is None else max(0, fault.drop_at - start)
        if fault.drop_every is not None:
            drop_at = min(drop_at, fault.drop_every)
        stall_at = len(body) + 1 if fault.stall_at is None else max(0, fault.stall_at - start)
        place = 0
        while place < min(drop_at, len(body)):
            end = min(place + SLICE_BYTES, drop_at, len(body))
            if place < stall_at <= end:
                end = stall_at
            handler.wfile.write(body[place:end])
            handler.wfile.flush()
            place = end
            if place == stall_at:
                self._closing.wait(30)
                break
            if fault.delay_s:
                time.sleep(fault.delay_s)
        handler.close_connection = place < len(body) or handler.close_connection


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, keeps the log, writes an answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        with suppress(ConnectionError):
            self.answer()

    def do_HEAD(self) -> None:
        self.do_GET()

    @property
    def token(self) -> str | None:
        said = self.headers.get("Authorization", "")
        return said.removeprefix("Bearer ") if said.startswith("Bearer ") else None

    @property
    def range_start(self) -> int:
        said = self.headers.get("Range", "bytes=0-")
        return int(said.removeprefix("bytes=").split("-")[0])

    def start(self, status: int, headers: Mapping[str, str]) -> None:
        self._log(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send_all(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.start(status, {**headers, "Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_json(self, value: Any, headers: Mapping[str, str] | None = None) -> None:
        content = {"Content-Type": "application/json", **(headers or {})}
        self.send_all(200, content, json.dumps(value).encode())

    def refuse(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        said = {"X-Error-Code": code, "X-Error-Message": message} if code else {}
        said = said or {"X-Error-Message": message}
        self.send_all(status, {**said, **(headers or {})}, b"")

    def _log(self, status: int) -> None:
        server: Any = self.server
        hub: LocalHub = server.hub
        headers = {name.lower(): value for name, value in self.headers.items()}
        hub.requests.append(Request(server.name, self.command, self.path, headers, status))

    def log_message(self, *_args: object) -> None:
        """Silent: the log is `LocalHub.requests`."""


def weights(size: int = 4096, fill: int = 0) -> bytes:
    """A real safetensors file with one tensor of so many bytes."""
    tensor = {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}
    header = json.dumps({"a": tensor}).encode()
    return len(header).to_bytes(8, "little") + header + bytes([fill]) * size


def _blob(path: str, data: bytes) -> str:
    """How the Hub names content: sha256 for large files, git's sha1 for others."""
    if path.endswith(LFS_SUFFIXES):
        return hashlib.sha256(data).hexdigest()
    head = f"blob {len(data)}\0".encode()
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest()


def _sibling(path: str, data: bytes) -> dict[str, Any]:
    """An entry of the API's answer to `?blobs=true`."""
    entry: dict[str, Any] = {"rfilename": path, "size": len(data), "blobId": "1" * 40}
    if path.endswith(LFS_SUFFIXES):
        lfs = {"sha256": _blob(path, data), "size": len(data), "pointerSize": 130}
        return {**entry, "lfs": lfs}
    return {**entry, "blobId": _blob(path, data)}


def _tree_entry(path: str, data: bytes) -> dict[str, Any]:
    entry = {"type": "file", "path": path, "size": len(data), "oid": "1" * 40}
    if path.endswith(LFS_SUFFIXES):
        lfs = {"oid": _blob(path, data), "size": len(data), "pointerSize": 130}
        return {**entry, "lfs": lfs}
    return {**entry, "oid": _blob(path, data)}


def _read(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def _client_for_this_machine() -> httpx2.Client:
    """huggingface_hub's client, but it can reach nothing outside this machine."""
    hooks = {"request": [_stay_here]}
    return httpx2.Client(event_hooks=hooks, follow_redirects=True, timeout=None, trust_env=False)


def _stay_here(request: httpx2.Request) -> None:
    if request.url.host != "127.0.0.1":
        raise httpx2.ConnectError(f"{request.url.host} is not on this machine", request=request)
