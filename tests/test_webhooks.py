"""Webhooks: signed, tried again, never to private addresses, only to the one that was checked."""

import hashlib
import hmac
import json
import socket
import stat
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from api_client import MINE, asked, asleep, caller

from fooocus_lite.errors import BadRequest, NotFound, TooMany
from fooocus_lite.reception import public_address, webhooks
from fooocus_lite.reception.webhooks import Webhooks
from fooocus_lite.settings import load


class Receiver(ThreadingHTTPServer):
    """Notes what comes; answers with the statuses of `answers`, then with 200."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = []
        self.received = []
        self.came = threading.Condition()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/done?x=1"

    def wait_for(self, count):
        with self.came:
            assert self.came.wait_for(lambda: len(self.received) >= count, timeout=120)
        return self.received


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.came:
            status = self.server.answers.pop(0) if self.server.answers else 200
            self.server.received.append(
                (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            self.server.came.notify_all()
        self.send_response(status)
        self.send_header("location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setattr(webhooks, "LOOK_EVERY_S", 0.02)
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sender(home):
    settings = load({"home": home, "allow_private_webhooks": True})
    return Webhooks(settings, waits_s=(0.01, 0.01))


def test_the_end_of_a_job_is_told_with_a_signature_that_can_be_checked(home, receiver):
    studio = asleep(home, allow_private_webhooks=True)
    client = caller(studio, MINE)
    job_id = client.post("/api/v1/generate", json=asked(webhook=receiver.url)).json()["id"]
    assert receiver.received == []
    client.post(f"/api/v1/generate/{job_id}/cancel")
    ((path, headers, body),) = receiver.wait_for(1)
    assert path == "/done?x=1"
    assert json.loads(body)["id"] == job_id
    assert json.loads(body)["status"] == "cancelled"
    secret = client.get("/api/v1/webhook-secret").json()["secret"]
    signed = headers["x-fooocus-lite-timestamp"].encode() + b"." + body
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["x-fooocus-lite-signature"] == f"sha256={signature}"
    assert abs(time.time() - int(headers["x-fooocus-lite-timestamp"])) < 60


def test_it_waits_for_the_end_and_tries_again_after_a_refusal(sender, receiver):
    receiver.answers = [500, 302]
    told = iter([None, None, {"status": "completed"}])
    sender.tell_when_ended(receiver.url, MINE, lambda: next(told))
    bodies = [json.loads(body) for _, _, body in receiver.wait_for(3)]
    assert bodies == [{"status": "completed"}] * 3


def test_a_redirect_is_never_followed(sender, receiver):
    receiver.answers = [302, 307, 308]
    sender.tell_when_ended(receiver.url, MINE, lambda: {})
    receiver.wait_for(3)
    _until_over(sender)
    assert len(receiver.received) == 3


def test_a_job_that_is_gone_is_told_to_nobody_and_the_next_is(sender, receiver):
    def gone():
        raise NotFound("gone")

    def broken():
        raise ValueError("broken")

    sender.tell_when_ended(receiver.url, MINE, gone)
    sender.tell_when_ended(receiver.url, MINE, broken)
    sender.tell_when_ended(receiver.url, MINE, lambda: {"n": 3})
    assert json.loads(receiver.wait_for(1)[0][2]) == {"n": 3}
    _until_over(sender)


def test_a_dead_address_is_given_up(sender):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        sender.tell_when_ended(url, MINE, lambda: {})
        _until_over(sender)


def test_there_is_a_limit_to_what_may_wait(sender, monkeypatch):
    monkeypatch.setattr(webhooks, "MAX_PENDING", 1)
    sender.tell_when_ended("http://127.0.0.1:9/", MINE, lambda: None)
    with pytest.raises(TooMany):
        sender.check("http://127.0.0.1:9/")


def test_a_job_whose_webhook_is_refused_is_not_in_the_line(home, monkeypatch):
    monkeypatch.setattr(webhooks, "MAX_PENDING", 0)
    studio = asleep(home)
    answer = caller(studio).post("/api/v1/generate", json=asked(webhook="https://example.org/"))
    assert answer.status_code == 429
    assert studio.jobs.waiting() == 0


def test_the_secret_is_kept_for_the_program_alone_and_differs_by_owner(home):
    settings = load({"home": home})
    first = Webhooks(settings)
    assert first.secret_of("anna") != first.secret_of("bert")
    assert Webhooks(settings).secret_of("anna") == first.secret_of("anna")
    mode = (settings.state / webhooks.SECRET_FILE).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost:7865/", "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/", "http://0.0.0.0/",
        "http://100.64.0.1/", "http://[::1]/", "http://[fe80::1]/", "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/",
        "http://2130706433/", "http://0x7f.1/", "http://224.0.0.1/", "http://[::]/",
        "ftp://example.org/", "file:///etc/passwd", "https://", "http://user:pw@example.org/",
        "http://example.org:0/", "http://example.org:99999/", "http://exa mple.org/",
        "http://example.org/\r\nX: y", "javascript:alert(1)", "http://[::1", "x" * 100,
    ],
)  # fmt: skip
def test_an_address_inside_or_of_another_kind_is_refused_at_once(home, url):
    studio = asleep(home)
    answer = caller(studio).post("/api/v1/generate", json=asked(webhook=url))
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, "webhook")
    assert studio.jobs.waiting() == 0


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_the_open_internet_is_told_apart(address):
    assert public_address.is_public(address)


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "fd00:ec2::254"])
def test_a_name_that_leads_inside_by_one_of_its_addresses_is_refused(monkeypatch, inside):
    found = [(0, 0, 0, "", ("8.8.8.8", 80)), (0, 0, 0, "", (inside, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)
    with pytest.raises(BadRequest, match="private network"):
        public_address.resolve(public_address.split("http://example.org/"))


def test_the_connection_goes_to_the_address_that_was_looked_up_once(receiver, monkeypatch):
    looked_up = []

    def one(host, port, **_kwargs):
        looked_up.append(host)
        return [(0, 0, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", one)
    connected = []
    create_connection = socket.create_connection

    def noted(address, timeout):
        connected.append(address)
        monkeypatch.undo()
        return create_connection(address, timeout)

    monkeypatch.setattr(socket, "create_connection", noted)
    url = f"http://hooks.example:{receiver.server_port}/in"
    assert public_address.post(url, b"{}", {}, allow_private=True, timeout_s=10) == 200
    assert looked_up == ["hooks.example"]
    assert connected == [("127.0.0.1", receiver.server_port)]
    assert receiver.received[0][1]["host"] == f"hooks.example:{receiver.server_port}"


def test_a_receiver_that_never_ends_its_answer_is_cut_off():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        started = time.monotonic()
        with pytest.raises(Exception, match=r".") as refused:
            public_address.post(url, b"{}", {}, allow_private=True, timeout_s=0.2)
        assert isinstance(refused.value, OSError | public_address.http.client.HTTPException)
        assert time.monotonic() - started < 20


def _until_over(sender):
    deadline = time.monotonic() + 120
    while sender._unfinished:
        assert time.monotonic() < deadline, "still trying"
        time.sleep(0.005)
