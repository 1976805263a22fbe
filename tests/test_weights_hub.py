"""What the Hub says of a repository, and what its refusals mean."""

import tracemalloc
from collections.abc import Iterator

import pytest
from local_hub import FakeTime, LocalHub

from fooocus_lite.errors import Cancelled, WeightsError
from fooocus_lite.weights.hub import Hub
from fooocus_lite.weights.patience import Patience

HEX = b"a" * 40
FILES = {"model_index.json": b"{}", "unet/model.safetensors": b"weights"}


@pytest.fixture
def server() -> Iterator[LocalHub]:
    with LocalHub(tokens=("hf_good", "hf_new"), granted=("hf_good",)) as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def hub(server: LocalHub, time: FakeTime, token: str | None = None) -> Hub:
    patience = Patience(clock=time.clock, sleep=time.sleep)
    return Hub(server.endpoint, token, patience)


def test_one_request_tells_revision_files_hashes_and_licence(
    server: LocalHub, time: FakeTime
) -> None:
    revision = server.add_repo("owner/name", FILES, licence="openrail++")
    found = hub(server, time).repository("owner/name")
    assert (found.revision, found.licence, found.is_gated) == (revision, "openrail++", False)
    assert found.link == f"{server.endpoint}/owner/name"
    assert {file.path: (file.size, len(file.blob)) for file in found.files} == {
        "model_index.json": (2, 40),
        "unet/model.safetensors": (7, 64),
    }
    assert len(server.requests) == 1


def test_what_a_card_says_cannot_steer_a_terminal(server: LocalHub, time: FakeTime) -> None:
    server.add_repo("owner/name", FILES, licence="mit\x1b[2J\u202e" + "x" * 500)
    licence = hub(server, time).repository("owner/name").licence
    assert licence.startswith("mit [2J x")
    assert len(licence) == 200
    server.add_repo("owner/name", FILES, licence="\x1b")
    assert hub(server, time).repository("owner/name").licence == "unknown"


def test_an_older_revision_and_a_tag_can_be_asked_for(server: LocalHub, time: FakeTime) -> None:
    old = server.add_repo("owner/name", FILES)
    server.add_repo("owner/name", {**FILES, "new.json": b"{}"})
    server.tag("owner/name", "v1", old)
    for named in (old, "v1"):
        assert hub(server, time).repository("owner/name", named).revision == old
    assert hub(server, time).repository("owner/name").revision != old


@pytest.mark.parametrize(
    ("repo_id", "revision", "token", "says", "link"),
    [
        ("owner/none", None, None, "no model “owner/none”, or it is private", "/owner/none"),
        ("owner/none", None, "hf_good", "no model “owner/none”, or it is private", "/owner/none"),
        ("owner/secret", None, None, "set HF_TOKEN", "/owner/secret"),
        ("owner/open", "v9", None, "no revision “v9”", "/owner/open/commits/main"),
        ("owner/open", None, "hf_bad", "does not accept your access token", "/settings/tokens"),
    ],
)
def test_a_refusal_is_a_sentence_with_the_link_to_click(
    server: LocalHub, time: FakeTime, repo_id: str, revision: str, token: str, says: str, link: str
) -> None:
    server.add_repo("owner/open", FILES)
    server.add_repo("owner/secret", FILES, private=True)
    with pytest.raises(WeightsError) as caught:
        hub(server, time, token).repository(repo_id, revision)
    assert says in caught.value.message
    assert caught.value.link == server.endpoint + link
    assert caught.value.link in caught.value.message
    assert not time.slept


def test_a_private_repository_opens_with_a_token(server: LocalHub, time: FakeTime) -> None:
    server.add_repo("owner/secret", FILES, private=True)
    assert hub(server, time, "hf_good").repository("owner/secret").files


@pytest.mark.parametrize(
    ("token", "says"),
    [(None, "log in and accept"), ("hf_new", "the account of your token has no access yet")],
)
def test_a_gated_file_says_where_to_accept_the_conditions(
    server: LocalHub, time: FakeTime, token: str | None, says: str
) -> None:
    server.add_repo("owner/gated", FILES, gated=True)
    asked = hub(server, time, token)
    found = asked.repository("owner/gated")
    assert found.is_gated
    with pytest.raises(WeightsError, match=says) as caught:
        asked.content(found, found.files[0], lambda: False)
    assert caught.value.link == f"{server.endpoint}/owner/gated"


def test_a_missing_file_names_it(server: LocalHub, time: FakeTime) -> None:
    server.add_repo("owner/name", FILES)
    asked = hub(server, time)
    server.claim("owner/name", "ghost.json")
    found = asked.repository("owner/name")
    with pytest.raises(WeightsError, match=r"has no file “ghost\.json”"):
        asked.content(found, found.files[-1], lambda: False)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_trouble_that_passes_is_waited_for(server: LocalHub, time: FakeTime, status: int) -> None:
    server.add_repo("owner/name", FILES)
    server.fault("info", status=status, times=3)
    assert hub(server, time).repository("owner/name").files
    assert sum(time.slept) == pytest.approx(0.5 + 1 + 2)


@pytest.mark.parametrize(
    ("status", "says"), [(429, "too many requests"), (500, "trouble of its own (HTTP 500)")]
)
def test_trouble_that_stays_ends_after_a_minute(
    server: LocalHub, time: FakeTime, status: int, says: str
) -> None:
    server.add_repo("owner/name", FILES)
    server.fault("info", status=status)
    with pytest.raises(WeightsError) as caught:
        hub(server, time).repository("owner/name")
    assert says in caught.value.message
    assert 45 < sum(time.slept) <= 60


def test_the_hubs_own_waiting_time_is_kept(server: LocalHub, time: FakeTime) -> None:
    server.add_repo("owner/name", FILES)
    server.fault("info", status=429, retry_after="17", times=1)
    hub(server, time).repository("owner/name")
    assert sum(time.slept) == pytest.approx(17)


def test_a_longer_wait_than_patience_is_said_at_once(server: LocalHub, time: FakeTime) -> None:
    server.add_repo("owner/name", FILES)
    server.fault("info", status=429, retry_after="300")
    with pytest.raises(WeightsError, match="Try again in 300 seconds"):
        hub(server, time).repository("owner/name")
    assert not time.slept


def test_a_wish_to_stop_is_heard_between_two_tries(server: LocalHub, time: FakeTime) -> None:
    server.add_repo("owner/name", FILES)
    server.fault("info", status=500)
    with pytest.raises(Cancelled):
        hub(server, time).repository("owner/name", is_cancelled=lambda: len(time.slept) > 4)
    assert sum(time.slept) < 2


def test_a_hub_that_cannot_be_reached_is_said_at_once(server: LocalHub, time: FakeTime) -> None:
    away = Hub("http://127.0.0.1:9", patience=Patience(clock=time.clock, sleep=time.sleep))
    with pytest.raises(WeightsError, match=r"cannot be reached.*HF_ENDPOINT"):
        away.repository("owner/name")
    assert not time.slept


def test_a_server_that_is_no_hub_is_said(server: LocalHub, time: FakeTime) -> None:
    server.fault("info", page=b"<html>Sign in to the hotel's network</html>")
    with pytest.raises(WeightsError, match=r"not the Hub's.*HF_ENDPOINT"):
        hub(server, time).repository("owner/name")


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"5",
        b"[" * 200_000,
        b'{"id": 5, "sha": "%s", "siblings": []}' % HEX,
        b'{"id": "owner/name", "sha": "%s", "siblings": [5]}' % HEX,
        b'{"id": "owner/name", "sha": "%s", "siblings": [], "cardData": "x"}' % HEX,
        b'{"id": "owner/name", "sha": "%s", "siblings": [], "cardData": ["x"]}' % HEX,
        b'{"id": "owner/name", "sha": "%s", "siblings": [], "lastModified": "x"}' % HEX,
    ],
)
def test_an_answer_of_another_shape_is_said(server: LocalHub, time: FakeTime, body: bytes) -> None:
    server.fault("info", page=body)
    with pytest.raises(WeightsError, match=r"not the Hub's.*HF_ENDPOINT"):
        hub(server, time).repository("owner/name")


def test_more_of_a_small_file_than_was_promised_is_not_read(
    server: LocalHub, time: FakeTime
) -> None:
    server.add_repo("owner/name", FILES)
    server.fault("model_index.json", page=b"{" * 2**24)
    repository = hub(server, time).repository("owner/name")
    (listed,) = (file for file in repository.files if file.path == "model_index.json")
    tracemalloc.start()
    with pytest.raises(WeightsError, match="comes damaged"):
        hub(server, time).content(repository, listed, lambda: False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22 + len(b"{" * 2**20)


def test_more_than_any_list_of_files_is_not_read(
    server: LocalHub, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add_repo("owner/name", FILES)
    monkeypatch.setattr("fooocus_lite.weights.hub.MAX_ANSWER_BYTES", 2**20)
    assert hub(server, time).repository("owner/name").files
    server.fault("info", page=b" " * 2**24)
    tracemalloc.start()
    with pytest.raises(WeightsError, match=r"says more about owner/name than 1\.0 MiB"):
        hub(server, time).repository("owner/name")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22
    assert not time.slept


@pytest.mark.parametrize("path", ["info", "model_index.json"])
def test_a_refusal_is_not_read_to_its_end(server: LocalHub, time: FakeTime, path: str) -> None:
    server.add_repo("owner/name", FILES)
    listed = hub(server, time).repository("owner/name")
    (index,) = (file for file in listed.files if file.path == "model_index.json")
    server.fault(path, status=403, page=b" " * 2**24)
    asked = hub(server, time)
    ask = {
        "info": lambda: asked.repository("owner/name"),
        "model_index.json": lambda: asked.content(listed, index, lambda: False),
    }[path]
    tracemalloc.start()
    with pytest.raises(WeightsError, match=r"refuses owner/name \(HTTP 403\)"):
        ask()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**22


def test_a_licence_is_shown_without_what_commands_a_terminal(
    server: LocalHub, time: FakeTime
) -> None:
    server.add_repo("owner/name", FILES, licence="\x1b[31mfree\ud800")
    assert hub(server, time).repository("owner/name").licence == "[31mfree"


@pytest.mark.parametrize("wait", ["Wed, 21 Oct 2026 07:28:00 GMT", "\xb2", "-5", "soon"])
def test_a_waiting_time_that_is_no_number_is_not_quoted(
    server: LocalHub, time: FakeTime, wait: str
) -> None:
    server.add_repo("owner/name", FILES)
    server.fault("info", status=429, retry_after=wait)
    with pytest.raises(WeightsError, match="Try again in some minutes"):
        hub(server, time).repository("owner/name")


@pytest.mark.parametrize("token", ["hf_secret\n", "hf_secret ", "hf_sécret", "hf_\x00secret"])
def test_a_token_that_no_header_can_carry_is_said_and_never_quoted(
    server: LocalHub, time: FakeTime, token: str
) -> None:
    with pytest.raises(WeightsError, match="HF_TOKEN") as caught:
        hub(server, time, token).repository("owner/name")
    assert "secret" not in caught.value.message
    assert not server.requests


def test_a_mirrors_password_is_in_no_sentence_and_no_link(server: LocalHub, time: FakeTime) -> None:
    server.add_repo("owner/name", FILES)
    patience = Patience(clock=time.clock, sleep=time.sleep)
    mirror = Hub(server.endpoint.replace("://", "://somebody:secret@"), None, patience)
    assert mirror.repository("owner/name").link == f"{server.endpoint}/owner/name"
    server.fault("info", page=b"<html>")
    with pytest.raises(WeightsError, match="not the Hub's") as caught:
        mirror.repository("owner/name")
    assert "secret" not in caught.value.message
    assert server.endpoint in caught.value.message


def test_a_list_without_hashes_is_refused(server: LocalHub, time: FakeTime) -> None:
    server.add_repo("owner/name", FILES)
    server.claim("owner/name", "odd.safetensors", blob="../../x")
    with pytest.raises(WeightsError, match=r"size and hash of 'odd\.safetensors'"):
        hub(server, time).repository("owner/name")


def test_another_spelling_is_led_to_the_hubs_own(server: LocalHub, time: FakeTime) -> None:
    server.add_repo("Owner/Name", FILES)
    with pytest.raises(WeightsError, match="writes it Owner/Name, not owner/name"):
        hub(server, time).repository("owner/name")


def test_a_token_is_not_shown(server: LocalHub) -> None:
    assert "hf_good" not in repr(Hub(server.endpoint, "hf_good"))
