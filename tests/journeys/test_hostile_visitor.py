"""A visitor with a login who means harm: crooked paths, bodies without end, bodies that never come.

What belongs to whom is in tests/test_strangers_ids.py, guessing passwords in test_sharing.py.
"""

import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fooocus_lite.access.users import UsersFile
from tests.browser.live_server import LiveServer

HUGE = 100_000_000
PIECE = b"x" * 1_000_000
CROOKED = (
    "/../config", "/%2e%2e/config", "/./config", "//config", "/login/../config",
    "/api/v1/health/../queue", "/api/v1/health/%2e%2e/queue", "/api/v1/health%2f..%2fqueue",
    "/api/v1/health/", "/login%00/../config", "/login;/config", "/LOGIN/config", "/\\config",
    "/static/../../config", "/pictures/..%2f..%2fstate%2fusers.json",
    "/assets/%2e%2e/%2e%2e/config.toml", "/gradio_api/file=../state/users.json",
    "/gradio_api/file=%2fetc%2fpasswd", "/gradio_api/startup-events/../info",
    "http://elsewhere.example/config",
)  # fmt: skip
FOR_NOBODY = ("sha256", "scrypt", "root:x:", "body_timeout_s")
"""Of the users file, of the settings, of the system."""
FOR_MEMBERS = ('"components"', '"dependencies"', '"waiting"', '"named_endpoints"')
REFUSED = (b"400", b"403", b"404", b"405", b"408", b"413")
TAKE_BODIES = (
    "/login", "/inspect", "/account/log-out", "/models/download", "/gradio_api/queue/join",
    "/gradio_api/upload", "/api/v1/generate", "/v1/images/generations", "/v1/images/edits",
    "/sdapi/v1/txt2img", "/sdapi/v1/img2img", "/mcp", "/nothing/there",
)  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The program with two users, to be reached under any name, and little patience."""
    home: Path = tmp_path_factory.mktemp("home")
    users = UsersFile(home / "users.json")
    users.add("mallory", "correct horse")
    (home / "config.toml").write_text("body_timeout_s = 1\n", encoding="utf-8")
    server = LiveServer(home, "--users", str(users.path), "--mcp")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def key(server: LiveServer) -> dict[str, str]:
    """What mallory, who may come in, sends along."""
    key = UsersFile(server.home / "users.json").add_key("mallory", "script")
    return {"authorization": f"Bearer {key}"}


def asked(server: LiveServer, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Status and text of a GET of exactly this path; other clients would straighten it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.putrequest("GET", path, skip_host=False)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


@pytest.mark.parametrize("path", CROOKED)
def test_no_crooked_path_leads_past_the_gate(server, key, path):
    status, text = asked(server, path)
    assert status in (303, 400, 401, 404), text
    assert not [word for word in FOR_NOBODY + FOR_MEMBERS if word in text]
    _, text = asked(server, path, key)
    assert not [word for word in FOR_NOBODY if word in text]


def sent(server: LiveServer, path: str, headers: str, pieces: int, wait_s: float = 30.0) -> bytes:
    """What comes back for a POST with a body of so many megabytes, as far as it was taken."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait_s) as connection:
        begin = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n{headers}\r\n"
        connection.sendall(begin.encode())
        try:
            for _ in range(pieces):
                connection.sendall(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
        except OSError:  # it had enough
            pass
        try:
            return connection.recv(4_096)
        except ConnectionResetError:
            return b""


def test_a_body_without_end_is_refused_and_not_kept(server, key):
    while asked(server, "/api/v1/ready")[0] != 200:  # torch takes memory when it comes
        time.sleep(0.2)
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    lines = "".join(f"{name}: {value}\r\n" for name, value in key.items())
    for path in TAKE_BODIES:
        for headers in (f"content-length: {HUGE}\r\n", "transfer-encoding: chunked\r\n"):
            pieces = HUGE // len(PIECE) if "chunked" in headers else 0
            # Only the length is sent, or all of it.
            told = sent(server, path, lines + headers, pieces, wait_s=40)
            assert not told or told.split()[1] in REFUSED, path
            assert process.memory_info().rss - before < 90 * 2**20, path
    assert asked(server, "/api/v1/health")[0] == 200


@pytest.mark.parametrize("path", ["/api/v1/generate", "/v1/images/generations", "/mcp"])
def test_a_body_that_never_comes_is_given_up(server, key, path):
    lines = "".join(f"{name}: {value}\r\n" for name, value in key.items())
    told = sent(server, path, lines + "content-length: 10\r\n", pieces=0)
    assert told.split()[1] == b"408"
