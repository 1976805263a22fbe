"""One precedence: command line, environment, config.toml, default."""

import pytest

from fooocus_lite.errors import BadRequest
from fooocus_lite.settings import load


def test_defaults_are_those_of_the_contract(tmp_path):
    settings = load({"home": tmp_path})
    assert (settings.listen, settings.port) == ("127.0.0.1", 7865)
    assert settings.output_path == tmp_path / "outputs"
    assert settings.is_local_only


def test_command_line_beats_environment_beats_file(tmp_path):
    (tmp_path / "config.toml").write_text('port = 1001\ntheme = "dark"\npreset = "file"\n')
    environment = {"FOOOCUS_LITE_PORT": "1002", "FOOOCUS_LITE_PRESET": "environment"}
    settings = load({"home": tmp_path, "port": "1003", "preset": None}, environment)
    assert (settings.port, settings.preset, settings.theme) == (1003, "environment", "dark")


def test_the_home_folder_comes_from_the_environment(tmp_path):
    assert load({}, {"FOOOCUS_LITE_HOME": str(tmp_path)}).home == tmp_path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prot = 1", "unknown setting “prot”. Did you mean port?"),
        ('port = "x"', "port is “x”"),
        ("port = ", "config.toml cannot be read"),
        ("port = 0", "port is “0”"),
    ],
)
def test_a_mistake_in_the_file_is_said(tmp_path, text, says):
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(BadRequest) as caught:
        load({"home": tmp_path})
    assert says in caught.value.message


def test_a_space_gives_host_and_port(tmp_path):
    settings = load({"home": tmp_path}, {"SPACE_ID": "a/b", "GRADIO_SERVER_PORT": "7861"})
    assert (settings.listen, settings.port, settings.browser) == ("0.0.0.0", 7861, False)
    assert not settings.is_local_only


def test_mirror_and_token_are_taken_from_where_every_program_of_the_hub_looks(tmp_path):
    environment = {"HF_ENDPOINT": "https://mirror.example/", "HF_TOKEN": "hf_secret"}
    settings = load({"home": tmp_path}, environment)
    assert settings.hub_endpoint == "https://mirror.example"
    assert settings.hub_token is not None
    assert settings.hub_token.get_secret_value() == "hf_secret"
    assert "hf_secret" not in repr(settings)
    (tmp_path / "config.toml").write_text('hub_endpoint = "https://own.example"\n')
    assert load({"home": tmp_path}, environment).hub_endpoint == "https://own.example"
    with pytest.raises(BadRequest, match="hub_endpoint"):
        load({"home": tmp_path}, {"FOOOCUS_LITE_HUB_ENDPOINT": "mirror"})


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME", "HF_HOME", "HF_TOKEN_PATH"])
def test_a_login_of_the_hubs_own_command_counts(tmp_path, variable):
    below = {"HOME": ".cache/huggingface", "XDG_CACHE_HOME": "huggingface"}.get(variable, ".")
    file = tmp_path / below / "token"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("hf_login\n")
    place = file if variable == "HF_TOKEN_PATH" else tmp_path
    settings = load({"home": tmp_path}, {variable: str(place)})
    assert settings.hub_token.get_secret_value() == "hf_login"
    settings = load({"home": tmp_path}, {variable: str(place), "HF_TOKEN": "hf_other"})
    assert settings.hub_token.get_secret_value() == "hf_other"
    assert load({"home": tmp_path}, {variable: str(tmp_path / "nowhere")}).hub_token is None


def test_a_tier_in_the_file_changes_only_what_it_names(tmp_path):
    (tmp_path / "config.toml").write_text('[tiers.free]\nmodels = ["starter"]\n', encoding="utf-8")
    tiers = load({"home": tmp_path}).tiers
    assert tiers["free"].models == ("starter",)
    assert tiers["free"].pictures_per_hour == 10
    assert tiers["pro"].pictures_per_hour == 200


@pytest.mark.parametrize(
    "text",
    ["[tiers.gold]\nmodels = []", "[tiers.free]\nspeed = 1", "[tiers.free]\nwaiting_jobs = 0"],
)
def test_a_tier_that_makes_no_sense_is_refused(tmp_path, text):
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadRequest, match="tiers"):
        load({"home": tmp_path})


def test_lists_come_as_text_with_commas_or_as_lists(tmp_path):
    settings = load({"home": tmp_path}, {"FOOOCUS_LITE_TRUSTED_HOSTS": "a.example, b.example,"})
    assert settings.trusted_hosts == ("a.example", "b.example")
    (tmp_path / "config.toml").write_text('trusted_proxies = ["10.0.0.0/8"]', encoding="utf-8")
    assert load({"home": tmp_path}).trusted_proxies == ("10.0.0.0/8",)


def test_a_users_file_or_one_half_of_a_certificate_change_what_is_private(tmp_path):
    settings = load({"home": tmp_path, "users": tmp_path / "users.json"})
    assert not settings.is_local_only
    assert load({"home": tmp_path}).users_file == tmp_path / "state" / "users.json"
    with pytest.raises(BadRequest, match="come together"):
        load({"home": tmp_path, "ssl_keyfile": "key.pem"})


def test_visitors_of_a_space_have_the_smallest_tier(tmp_path):
    assert load({"home": tmp_path}, {"SPACE_ID": "a/b"}).visitor_tier == "free"


def test_a_token_from_a_file_may_end_with_its_line(tmp_path):
    settings = load({"home": tmp_path}, {"HF_TOKEN": " hf_secret\n"})
    assert settings.hub_token.get_secret_value() == "hf_secret"
