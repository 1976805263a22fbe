"""Who is let in: logins, keys, the limits of those without one, and the end of sharing."""

import time

import pytest

from fooocus_lite.access.throttle import FREE_TRIES
from fooocus_lite.archive.audit import Audit
from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.sessions import MAX_PER_USER, WEEK_S, Sessions
from fooocus_lite.errors import BadRequest, NotLoggedIn, TooMany
from fooocus_lite.reception.doorkeeper import Doorkeeper
from fooocus_lite.settings import Settings

PASSWORD = "correct horse"
HERE, THERE = "127.0.0.1", "203.0.113.7"


def keeper_of(home, **given) -> Doorkeeper:
    settings = Settings(home=home, output_path=home / "outputs", **given)
    database = open_database(settings.state / "jobs.sqlite3")
    return Doorkeeper(settings, Sessions(database), Audit(database))


@pytest.fixture
def keeper(home) -> Doorkeeper:
    keeper = keeper_of(home, listen="0.0.0.0")
    keeper.users.add("anna", PASSWORD, "free")
    keeper.users.add("ben", PASSWORD)
    keeper.users.add("carl", PASSWORD, is_host=True)
    return keeper


@pytest.mark.parametrize(
    ("given", "has_login"),
    [
        ({}, False),
        ({"listen": "0.0.0.0"}, True),
        ({"share": True}, True),
        ({"share": True, "open": True}, False),
        ({"is_space": True, "listen": "0.0.0.0"}, False),
        ({"users": "users.json"}, True),
    ],
)
def test_a_login_is_asked_for_wherever_others_can_come(home, given, has_login):
    assert keeper_of(home, **given).has_login is has_login


SPACE = {"is_space": True, "listen": "0.0.0.0"}


@pytest.mark.parametrize(
    ("given", "can_log_in"),
    [
        ({}, False),
        ({"host_password": PASSWORD}, False),
        (SPACE, False),
        ({**SPACE, "host_password": PASSWORD}, True),
        ({"listen": "0.0.0.0"}, True),
    ],
)
def test_on_an_open_page_only_who_has_a_login_can_log_in(home, given, can_log_in):
    assert keeper_of(home, **given).can_log_in is can_log_in


def test_a_space_has_a_host_by_its_secret_and_visitors(home):
    keeper = keeper_of(home, **SPACE, host_password=PASSWORD)
    token = keeper.log_in("Host", PASSWORD, THERE)
    host = keeper.of_session(token)
    assert (host.owner, host.is_host, host.tier) == ("user:host", True, None)
    assert not keeper.of_browser("1" * 32, THERE, is_direct=False).is_host
    with pytest.raises(NotLoggedIn):
        keeper.log_in("host", "wrong horse", THERE)
    again = keeper_of(home, **SPACE, host_password=PASSWORD)
    assert again.of_session(token).is_host
    assert keeper_of(home, **SPACE, host_password="another horse").of_session(token) is None
    assert keeper_of(home, **SPACE).of_session(token) is None


def test_a_secret_that_is_too_short_is_refused_and_never_shown(home):
    with pytest.raises(BadRequest, match=r"host_password cannot be used\. The pass") as no:
        keeper_of(home, **SPACE, host_password="horse")
    assert "horse" not in no.value.message


def test_removing_the_last_user_opens_no_door(keeper):
    for name in list(keeper.users.all()):
        keeper.remove_user(name)
    assert keeper.has_login


def test_a_login_is_of_its_user_with_the_limits_of_the_tier(keeper):
    visitor = keeper.of_session(keeper.log_in(" Anna ", PASSWORD, HERE))
    assert (visitor.owner, visitor.name, visitor.is_host) == ("user:anna", "anna", False)
    assert visitor.tier.pictures_per_hour == 10
    host = keeper.of_session(keeper.log_in("carl", PASSWORD, HERE))
    assert host.is_host
    assert host.tier is None


@pytest.mark.parametrize("token", ["", "x", "0" * 43])
def test_an_invented_token_is_nobody(keeper, token):
    assert keeper.of_session(token) is None


def test_a_login_outlives_the_program_and_lasts_a_week(keeper, home, monkeypatch):
    token = keeper.log_in("anna", PASSWORD, HERE)
    again = keeper_of(home, listen="0.0.0.0")
    assert again.of_session(token).name == "anna"
    later = time.time() + WEEK_S - 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert again.of_session(token) is not None
    monkeypatch.setattr(time, "time", lambda: later + 120)
    assert again.of_session(token) is None


def test_the_token_itself_is_nowhere_on_the_disk(keeper, home):
    token = keeper.log_in("anna", PASSWORD, HERE)
    for path in (home / "state").iterdir():
        assert token.encode() not in path.read_bytes()


def test_logging_out_ends_one_login_or_all_of_that_user(keeper):
    one, two = (keeper.log_in("anna", PASSWORD, HERE) for _ in range(2))
    other = keeper.log_in("ben", PASSWORD, HERE)
    keeper.log_out(one)
    assert keeper.of_session(one) is None
    assert keeper.of_session(two) is not None
    keeper.log_out_everywhere(keeper.of_session(two))
    assert keeper.of_session(two) is None
    assert keeper.of_session(other) is not None


@pytest.mark.parametrize(
    "end",
    [
        lambda keeper: keeper.users.add("anna", "a new password"),
        lambda keeper: keeper.users.end_logins("anna"),
        lambda keeper: keeper.remove_user("anna"),
        lambda keeper: keeper.stop_sharing(),
    ],
    ids=["new password", "log out", "removed", "sharing stopped"],
)
def test_what_the_host_does_ends_logins_at_once(keeper, end):
    token = keeper.log_in("anna", PASSWORD, HERE)
    end(keeper)
    assert keeper.of_session(token) is None


def test_the_host_who_ends_sharing_stays_logged_in(keeper):
    token = keeper.log_in("carl", PASSWORD, HERE)
    keeper.stop_sharing()
    assert keeper.of_session(token).is_host


def test_a_user_made_again_does_not_inherit_old_logins(keeper):
    token = keeper.log_in("anna", PASSWORD, HERE)
    keeper.users.remove("anna")
    keeper.users.add("anna", PASSWORD)
    assert keeper.of_session(token) is None


def test_a_user_has_a_bounded_number_of_logins(keeper):
    tokens = []
    for _ in range(MAX_PER_USER + 1):
        tokens.append(f"token {len(tokens)}")
        keeper._sessions.begin(tokens[-1], "anna", "stamp")
    assert keeper._sessions.find(tokens[0]) is None
    assert keeper._sessions.find(tokens[1]) is not None


@pytest.mark.parametrize("name", ["anna", "nobody", "", "<script>"])
def test_a_wrong_password_and_a_wrong_name_are_told_alike(keeper, name):
    with pytest.raises(NotLoggedIn, match="name or the password is wrong"):
        keeper.log_in(name, "wrong password", HERE)


def test_guessing_one_name_from_many_addresses_is_slowed_down(keeper):
    for number in range(FREE_TRIES):
        with pytest.raises(NotLoggedIn):
            keeper.log_in("anna", "wrong password", f"198.51.100.{number}")
    with pytest.raises(TooMany) as refused:
        keeper.log_in("anna", PASSWORD, THERE)
    assert 0 < refused.value.retry_after_s <= 2
    assert keeper.log_in("ben", PASSWORD, HERE)


def test_guessing_many_names_from_one_address_is_slowed_down_even_with_a_login_of_ones_own(keeper):
    for number in range(FREE_TRIES):
        keeper.log_in("ben", PASSWORD, THERE)
        with pytest.raises(NotLoggedIn):
            keeper.log_in(f"name{number}", "wrong password", THERE)
    with pytest.raises(TooMany):
        keeper.log_in("anna", PASSWORD, THERE)


def test_a_thousand_logins_cost_a_handful_of_hashes(keeper, monkeypatch):
    checked = []
    matches = "fooocus_lite.access.passwords.matches"
    monkeypatch.setattr(matches, lambda *given: bool(checked.append(given)))
    for _ in range(1_000):
        with pytest.raises((NotLoggedIn, TooMany)):
            keeper.log_in("anna", "wrong password", THERE)
    assert len(checked) <= FREE_TRIES + 2


def test_a_key_is_its_users_and_guessing_keys_is_slowed_down(keeper):
    key = keeper.users.add_key("anna", "script")
    assert keeper.of_key(key, THERE).owner == "user:anna"
    for _ in range(FREE_TRIES):
        with pytest.raises(NotLoggedIn):
            keeper.of_key(key + "x", THERE)
    with pytest.raises(TooMany):
        keeper.of_key(key + "x", THERE)
    assert keeper.of_key(key, THERE).owner == "user:anna"


def test_without_logins_a_visitor_is_counted_by_address_and_is_never_the_host(home):
    keeper = keeper_of(home, listen="0.0.0.0", open=True)
    visitor = keeper.of_browser("1" * 32, THERE, is_direct=False)
    assert not visitor.is_host
    assert visitor.tier is not None
    assert visitor.counted_as == f"address:{THERE}"
    assert keeper.of_browser("1" * 32, HERE, is_direct=True).is_host


def test_alone_on_localhost_one_is_the_host_but_not_through_a_proxy(home):
    keeper = keeper_of(home)
    assert keeper.of_browser("", HERE, is_direct=True).owner == "local"
    assert not keeper.of_browser("", HERE, is_direct=False).is_host


def test_the_switch_is_seen_by_a_running_program(keeper, home):
    running = keeper_of(home, listen="0.0.0.0")
    assert not running.is_stopped
    keeper.stop_sharing()
    assert running.is_stopped
    keeper.start_sharing()
    assert not running.is_stopped


def test_the_audit_log_names_no_unknown_name(keeper):
    with pytest.raises(NotLoggedIn):
        keeper.log_in("my secret password", "x", THERE)
    keeper.log_in("anna", PASSWORD, HERE)
    last, first = keeper.audit.latest()
    assert (first.who, first.outcome, first.subject) == ("unknown name", "refused", THERE)
    assert (last.who, last.action, last.outcome) == ("anna", "login", "done")
