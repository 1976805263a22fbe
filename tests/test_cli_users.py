"""`users` and `share` at the terminal, and the page that refuses to open its doors to all."""

import io
import json
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from fooocus_lite import cli
from fooocus_lite.access import passwords
from fooocus_lite.access.users import UsersFile
from fooocus_lite.cli import users as command
from fooocus_lite.cli.page import page
from fooocus_lite.errors import BadRequest
from fooocus_lite.recipe import ImageRequest
from fooocus_lite.settings import Settings, load
from fooocus_lite.studio import Studio
from fooocus_lite.visitor import Visitor

PASSWORD = "correct horse"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command in a home of its own; (exit code, what it said)."""
    monkeypatch.setenv("FOOOCUS_LITE_HOME", str(home))

    def run(*words: str, given: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def known(home: Path) -> dict:
    return UsersFile(home / "state" / "users.json").all()


def test_a_user_comes_changes_and_goes(run, home):
    assert (
        run("users", "add", "Anna", "--tier", "pro", "--password-stdin", given=PASSWORD + "\n")[0]
        == 0
    )
    assert known(home)["anna"].tier == "pro"
    assert passwords.matches(PASSWORD, known(home)["anna"].password)
    said = run("users", "list", "--json")[1]
    assert json.loads(said) == {
        "name": "anna", "tier": "pro", "is_host": False, "keys": [],
        "jobs": 0, "pictures": 0, "this_hour": 0,
    }  # fmt: skip
    stamp = known(home)["anna"].stamp
    assert run("users", "log-out", "anna")[0] == 0
    assert known(home)["anna"].stamp != stamp
    assert run("users", "remove", "anna")[0] == 0
    assert known(home) == {}
    assert "no user yet" in run("users")[1]


def test_a_generated_password_is_told_once_and_works(run, home):
    told = json.loads(run("users", "add", "ben", "--generate", "--host", "--json")[1])
    assert passwords.matches(told["password"], known(home)["ben"].password)
    assert known(home)["ben"].is_host
    assert told["password"] not in run("users", "list")[1]


def test_keys_are_made_listed_and_removed(run, home):
    run("users", "add", "anna", "--generate")
    key = json.loads(run("users", "key", "add", "anna", "script", "--json")[1])["key"]
    assert "script" in run("users", "key", "list", "anna")[1]
    users = UsersFile(home / "state" / "users.json")
    assert users.with_key(key) == "anna"
    assert run("users", "key", "remove", "anna", "script")[0] == 0
    assert users.with_key(key) is None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add",), 2, "users add NAME"),
        (("add", "a", "b"), 2, "users add NAME"),
        (("add", "../x", "--generate"), 2, "no user name"),
        (("add", "anna"), 2, "--password-stdin"),
        (("add", "anna", "--tier", "gold", "--generate"), 2, "no tier called"),
        (("add", "anna", "--password-stdin"), 2, "has 0 characters"),
        (("key",), 2, "users key add"),
        (("key", "add", "anna"), 2, "users key add"),
        (("key", "list", "nobody"), 1, "no user “nobody”"),
        (("remove", "nobody"), 1, "no user “nobody”"),
    ],
)
def test_wrong_use_says_what_to_write(run, words, code, said):
    found = run("users", *words)
    assert found[0] == code
    assert said in found[1]


def test_sharing_is_ended_and_resumed_and_both_are_written_down(run, home):
    assert run("share", "stop")[0] == 0
    assert (home / "state" / "sharing-stopped").exists()
    assert run("share", "start")[0] == 0
    assert not (home / "state" / "sharing-stopped").exists()
    said = run("users", "audit")[1]
    assert said.index("start sharing") < said.index("stop sharing")


@pytest.mark.parametrize("flags", [("--listen",), ("--share",), ("--users", "nobody.json")])
def test_a_page_for_others_needs_users(run, flags):
    code, said = run(*flags, "--disable-in-browser")
    assert code == 2
    assert "users add NAME" in said
    assert "--open" in said


def test_the_hosts_own_password_is_enough_to_begin_with(home, monkeypatch):
    """Elsewhere than on a Space, too, there may be no command line to make users with."""

    class Begun(Exception):
        pass

    def begun(*_given):
        raise Begun

    monkeypatch.setattr("fooocus_lite.ui.server.serve", begun)
    settings = load({"home": home, "listen": "0.0.0.0", "host_password": PASSWORD})
    with pytest.raises(Begun):
        page(settings, Namespace())


def test_users_and_open_contradict_each_other(run):
    code, said = run("--users", "some.json", "--open")
    assert code == 2
    assert "Choose one" in said


def test_a_certificate_that_is_not_there_is_named(run, tmp_path):
    code, said = run("--ssl-certfile", str(tmp_path / "c.pem"), "--ssl-keyfile", "k.pem")
    assert code == 2
    assert "c.pem" in said


def test_assistants_without_their_package_are_told_how_to_get_it(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp", None)
    code, said = run("--mcp", "--disable-in-browser")
    assert code == 2
    assert "pip install 'fooocus-lite[mcp]'" in said


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "is_made"), [("\n", True), ("y\n", True), ("n\n", False)])
def test_at_a_terminal_a_first_password_is_offered(home, monkeypatch, answer, is_made):
    shown = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stdout", shown)
    settings = Settings(home=home, output_path=home / "outputs", listen="0.0.0.0")
    assert command.offer_password(settings) is is_made
    assert ("guest" in known(home)) is is_made
    if is_made:
        password = shown.getvalue().split("Password: ")[1].split()[0]
        assert passwords.matches(password, known(home)["guest"].password)


def test_a_password_typed_twice_differently_is_not_taken(monkeypatch):
    answers = iter(["correct horse", "correct house"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(BadRequest, match="not the same"):
        command._password(Namespace(password_stdin=False))


def test_the_list_says_what_each_user_asked_for(run, home):
    run("users", "add", "anna", "--generate")
    settings = load({"home": home, "listen": "0.0.0.0"})
    studio = Studio(settings)
    visitor = Visitor("user:anna", name="anna", tier=settings.tiers["pro"])
    studio.orders.start(ImageRequest(prompt="a fox", count=3), visitor)
    told = json.loads(run("users", "list", "--json")[1])
    assert (told["jobs"], told["pictures"], told["this_hour"]) == (1, 3, 3)
    assert "3 pictures, 3 this hour" in run("users", "list")[1]


def test_what_the_host_changes_is_written_down_without_secrets(run):
    password = json.loads(run("users", "add", "anna", "--generate", "--json")[1])["password"]
    key = json.loads(run("users", "key", "add", "anna", "script", "--json")[1])["key"]
    run("users", "key", "list", "anna")
    run("users", "remove", "anna")
    said = run("users", "audit", "--json")[1]
    lines = [json.loads(line) for line in said.splitlines()]
    assert [(each["who"], each["action"], each["subject"]) for each in lines] == [
        ("local", "users remove", "anna"),
        ("local", "users key", "add anna script"),
        ("local", "users add", "anna"),
    ]
    assert password not in said
    assert key not in said
