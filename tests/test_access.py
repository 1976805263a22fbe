"""Passwords, the users file, and the patience with those who guess."""

import json
import os
import stat
import threading

import pytest

from fooocus_lite.access import passwords
from fooocus_lite.access.throttle import (
    FORGOTTEN_AFTER_S,
    FREE_TRIES,
    LONGEST_WAIT_S,
    MAX_REMEMBERED,
    Throttle,
)
from fooocus_lite.access.users import UsersFile, checked_name
from fooocus_lite.errors import BadRequest, NotFound, UnknownName

PASSWORD = "correct horse"


@pytest.fixture
def users(home) -> UsersFile:
    return UsersFile(home / "state" / "users.json")


def test_a_password_is_kept_as_a_salted_hash_that_matches_only_it():
    kept = passwords.hashed(PASSWORD)
    assert PASSWORD not in kept
    assert kept != passwords.hashed(PASSWORD)
    assert passwords.matches(PASSWORD, kept)
    assert not passwords.matches(PASSWORD + " ", kept)
    assert not passwords.matches("x" * 10_000, kept)


@pytest.mark.parametrize(
    "kept", ["", "scrypt$1$2", "bcrypt$16384$8$1$00$00", "scrypt$16384$8$1$zz$00",
             "scrypt$3$8$1$00$00", f"scrypt${2**30}$8$1$00$00"]
)  # fmt: skip
def test_a_hash_that_cannot_be_read_matches_nothing(kept):
    assert not passwords.matches(PASSWORD, kept)


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_of_the_wrong_length_is_refused_with_its_length(password):
    with pytest.raises(BadRequest, match=f"has {len(password)} characters"):
        passwords.hashed(password)


def test_generated_secrets_are_long_and_never_the_same():
    assert len({passwords.generated_password() for _ in range(50)}) == 50
    assert len(passwords.generated_password()) >= 20
    assert len(passwords.generated_key()) > 40


def test_a_user_is_added_changed_and_removed(users):
    assert users.all() == {}
    assert users.add("Anna", PASSWORD, "free")
    first = users.all()["anna"]
    assert first.tier == "free"
    assert not first.is_host
    users.add_key("anna", "script")
    assert not users.add("anna", "another password")
    changed = users.all()["anna"]
    assert changed.tier == "free"
    assert changed.keys
    assert changed.stamp != first.stamp
    users.remove("ANNA")
    assert users.all() == {}
    with pytest.raises(NotFound, match="no user “anna”"):
        users.remove("anna")


def test_the_file_holds_no_secret_and_is_for_its_owner_only(users):
    users.add("anna", PASSWORD)
    key = users.add_key("anna", "script")
    text = users.path.read_text(encoding="utf-8")
    assert PASSWORD not in text
    assert key not in text
    if os.name == "posix":
        assert stat.S_IMODE(users.path.stat().st_mode) == 0o600
    assert not list(users.path.parent.glob("*.part"))


def test_another_program_sees_a_change_at_once(users):
    users.add("anna", PASSWORD)
    other = UsersFile(users.path)
    assert list(other.all()) == ["anna"]
    users.add("ben", PASSWORD)
    assert list(other.all()) == ["anna", "ben"]
    users.path.unlink()
    assert other.all() == {}


def test_changes_made_at_the_same_time_are_all_kept(users):
    threads = [
        threading.Thread(target=UsersFile(users.path).add, args=(f"user{number}", PASSWORD))
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(users.all()) == 6


def test_a_key_finds_its_user_until_it_is_removed(users):
    users.add("anna", PASSWORD)
    users.add("ben", PASSWORD)
    key = users.add_key("anna", "script")
    other = users.add_key("ben", "script")
    assert users.with_key(key) == "anna"
    assert users.with_key(other) == "ben"
    assert users.with_key(key[:-1]) is None
    users.remove_key("anna", "script")
    assert users.with_key(key) is None
    with pytest.raises(NotFound, match="no key called “script”"):
        users.remove_key("anna", "script")


@pytest.mark.parametrize(
    "name", ["", "  ", "a" * 33, "../etc", "anna/x", "_x", "ä", "a b", "<b>", "-x"]
)
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(BadRequest, match="no user name"):
        checked_name(name)


def test_a_tier_that_is_none_is_refused_with_the_nearest(users):
    with pytest.raises(UnknownName, match="Did you mean “standard”"):
        users.add("anna", PASSWORD, "standart")


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"anna": {}}', '{"a b": {"password": "x"}}',
             '{"anna": {"password": 1}}', '{"anna": {"password": "x", "admin": true}}',
             "[" * 100_000]
)  # fmt: skip
def test_a_damaged_file_lets_nobody_in_and_says_so(users, text):
    users.path.parent.mkdir(parents=True)
    users.path.write_text(text, encoding="utf-8")
    with pytest.raises(BadRequest):
        users.all()


def test_a_damaged_file_is_never_overwritten(users):
    users.path.parent.mkdir(parents=True)
    users.path.write_text('{"anna": {}}', encoding="utf-8")
    with pytest.raises(BadRequest, match="cannot be used"):
        users.add("ben", PASSWORD)
    assert json.loads(users.path.read_text(encoding="utf-8")) == {"anna": {}}


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_after_five_wrong_tries_each_further_one_waits_twice_as_long():
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(FREE_TRIES):
        assert throttle.wait_s("name:anna") == 0.0
        throttle.failed("name:anna")
    waits = []
    for _ in range(12):
        waits.append(throttle.wait_s("name:anna"))
        clock.now += waits[-1]
        assert throttle.wait_s("name:anna") == 0.0
        throttle.failed("name:anna")
    assert waits[:4] == [2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == LONGEST_WAIT_S
    assert throttle.wait_s("name:ben") == 0.0
    assert throttle.wait_s("name:ben", "name:anna") > 0.0


def test_success_and_time_forgive():
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(FREE_TRIES + 1):
        throttle.failed("a", "b")
    throttle.succeeded("a")
    assert throttle.wait_s("a") == 0.0
    clock.now += FORGOTTEN_AFTER_S + 1
    throttle.failed("b")
    assert throttle.wait_s("b") == 0.0


def test_a_flood_of_names_takes_bounded_memory():
    throttle = Throttle(Clock())
    for number in range(MAX_REMEMBERED + 1_000):
        throttle.failed(f"name:{number}")
    assert len(throttle._failures) == MAX_REMEMBERED
