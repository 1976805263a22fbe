"""The login page and the account, from the form to the cookie."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from fooocus_lite.archive.audit import Audit, Entry
from fooocus_lite.archive.database import open_database
from fooocus_lite.archive.sessions import Sessions
from fooocus_lite.reception.doorkeeper import Doorkeeper
from fooocus_lite.settings import Settings
from fooocus_lite.ui.gate import SESSION, Gate
from fooocus_lite.ui.login import MAX_FORM_BYTES, Login

PASSWORD = "correct horse"
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def keeper(home) -> Doorkeeper:
    settings = Settings(home=home, output_path=home / "outputs", listen="0.0.0.0")
    database = open_database(settings.state / "jobs.sqlite3")
    keeper = Doorkeeper(settings, Sessions(database), Audit(database))
    keeper.users.add("anna", PASSWORD, "free")
    keeper.users.add("carl", PASSWORD, is_host=True)
    return keeper


def browser(keeper: Doorkeeper, url: str = "http://studio.example") -> TestClient:
    app = Starlette(routes=Login(keeper).all(), middleware=[Middleware(Gate, doorkeeper=keeper)])
    return TestClient(app, base_url=url, follow_redirects=False)


def log_in(client: TestClient, name: str = "anna", password: str = PASSWORD):
    return client.post("/login", data={"name": name, "password": password})


def test_the_right_password_gives_a_cookie_that_scripts_cannot_read(keeper):
    client = browser(keeper)
    assert client.get("/login").status_code == 200
    answer = log_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Max-Age=604800", "Path=/"):
        assert part in cookie
    assert "Secure" not in cookie
    assert client.get("/account").status_code == 200
    assert client.get("/login").status_code == 303


def test_over_https_the_cookie_goes_over_https_only(keeper):
    assert "Secure" in log_in(browser(keeper, "https://studio.example")).headers["set-cookie"]


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "wrong password"), (HOSTILE, "x"), ("", ""), ("\xff\x00", "x")]
)
def test_a_wrong_one_shows_the_form_again_and_says_so(keeper, name, password):
    answer = log_in(browser(keeper), name, password)
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert "set-cookie" not in answer.headers
    assert "<script>" not in answer.text


def test_after_too_many_tries_it_says_how_long_to_wait(keeper):
    client = browser(keeper)
    answers = [log_in(client, password="wrong password") for _ in range(6)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert "Try again in" in answers[-1].text


def test_a_form_that_is_too_long_is_not_read(keeper):
    body = "name=anna&password=" + "x" * MAX_FORM_BYTES
    assert browser(keeper).post("/login", content=body).status_code == 401


def test_the_pages_run_no_script_and_send_their_forms_nowhere_else(keeper):
    client = browser(keeper)
    for answer in (client.get("/login"), log_in(client), client.get("/account")):
        if answer.status_code == 200:
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "form-action 'self'" in policy
            assert "<script" not in answer.text
            assert answer.headers["cache-control"] == "no-store"


def test_logging_out_ends_it(keeper):
    client = browser(keeper)
    log_in(client)
    token = client.cookies[SESSION]
    answer = client.post("/account/log-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert SESSION not in client.cookies
    assert keeper.of_session(token) is None


def test_logging_out_everywhere_ends_the_others_too(keeper):
    one, two = browser(keeper), browser(keeper)
    log_in(one)
    log_in(two)
    one.post("/account/log-out-everywhere")
    assert two.get("/account").status_code == 303


def test_the_account_shows_what_is_left_of_the_hour(keeper):
    keeper.audit.note(Entry("user:anna", "generate", "accepted", pictures=4))
    client = browser(keeper)
    log_in(client)
    text = client.get("/account").text
    assert "You are anna" in text
    assert "4 of 10 pictures" in text
    assert "Stop sharing" not in text
    assert "<table" not in text


def test_the_host_sees_everybodys_use_and_may_end_sharing(keeper):
    keeper.audit.note(Entry(f"address:{HOSTILE}", "generate", "accepted", pictures=4))
    host, guest = browser(keeper), browser(keeper)
    log_in(host, "carl")
    log_in(guest)
    text = host.get("/account").text
    assert "<script>" not in text
    assert "<td>4</td>" in text
    guest.post("/account/stop-sharing")
    assert not keeper.is_stopped
    host.post("/account/stop-sharing")
    assert keeper.is_stopped
    assert guest.get("/account").status_code == 303
    log_in(host, "carl")
    assert "Share again" in host.get("/account").text
    host.post("/account/start-sharing")
    assert not keeper.is_stopped


def test_where_nobody_logs_in_there_is_no_form(home):
    settings = Settings(home=home, output_path=home / "outputs", listen="0.0.0.0", open=True)
    database = open_database(settings.state / "jobs.sqlite3")
    client = browser(Doorkeeper(settings, Sessions(database), Audit(database)))
    assert client.get("/login").headers["location"] == "/"
    assert log_in(client).headers["location"] == "/"
    assert "Log out" not in client.get("/account").text


@pytest.fixture
def space(home) -> Doorkeeper:
    settings = Settings(
        home=home,
        output_path=home / "outputs",
        listen="0.0.0.0",
        is_space=True,
        host_password=PASSWORD,
    )
    database = open_database(settings.state / "jobs.sqlite3")
    return Doorkeeper(settings, Sessions(database), Audit(database))


def test_on_a_space_the_host_logs_in_and_out_and_visitors_need_not(space):
    client = browser(space)
    account = client.get("/account").text
    assert "Log in as the host" in account
    assert "Log out" not in account
    assert "Nobody needs a login here but the host" in client.get("/login").text
    answer = log_in(client, "host")
    assert answer.status_code == 303
    assert "Secure" in answer.headers["set-cookie"]
    client = browser(space, "https://studio.example")
    log_in(client, "host")
    account = client.get("/account").text
    assert "You are the host" in account
    assert "Log out everywhere" in account
    assert "Stop sharing now" in account
    assert client.get("/login").status_code == 303
    client.post("/account/log-out")
    assert "Log in as the host" in client.get("/account").text


def test_an_open_page_without_users_has_no_login(home):
    settings = Settings(home=home, output_path=home / "outputs", listen="0.0.0.0", open=True)
    database = open_database(settings.state / "jobs.sqlite3")
    client = browser(Doorkeeper(settings, Sessions(database), Audit(database)))
    assert client.get("/login").headers["location"] == "/"
    assert log_in(client).headers["location"] == "/"
    assert "Log in" not in client.get("/account").text
