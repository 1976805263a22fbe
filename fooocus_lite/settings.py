"""The program's own settings, in one class, with one precedence.

Command line > environment (`FOOOCUS_LITE_*`) > `config.toml` in the home folder > default.
Environment and files are read only in `load`; everybody else is handed the value.
"""

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from .errors import BadRequest, nearest_names
from .recipe import ImageFormat, in_words
from .visitor import TIERS, Tier, TierName

PROGRAM = Path(__file__).resolve().parent
CHECKOUT = PROGRAM.parent
PREFIX = "FOOOCUS_LITE_"


class Settings(BaseModel):
    """How this run of the program behaves. Folders are absolute."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path
    output_path: Path
    listen: str = "127.0.0.1"
    port: int = Field(default=7865, ge=1, le=65535)
    share: bool = False
    open: bool = False
    users: Path | None = None
    preset: str = "starter"
    theme: Literal["auto", "light", "dark"] = "auto"
    browser: bool = True
    language: Literal["en"] = "en"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    image_format: ImageFormat = "png"
    save_metadata: bool = True
    prompt_limit: int = Field(default=10_000, ge=1, le=10_000)
    line_limit: int = Field(default=1_000, ge=1)
    waiting_per_owner: int = Field(default=20, ge=1)
    job_timeout_s: float = Field(default=600, gt=0, allow_inf_nan=False)
    cpu_fallback: bool = False
    upload_limit_gib: float = Field(default=60, gt=0)
    hub_endpoint: str = Field(default="https://huggingface.co", pattern=r"^https?://[^\s/]")
    hub_token: SecretStr | None = None
    extra_model_folders: tuple[Path, ...] = ()
    """Trees of A1111, ComfyUI or Fooocus, used where they lie; relative ones from `home`."""
    download_timeout_s: float = Field(default=60, gt=0, description="Without any byte.")
    tiers: dict[TierName, Tier] = dict(TIERS)
    visitor_tier: TierName = "standard"
    host_password: SecretStr | None = None
    """Lets in a host by the name "host", where there is no command line to make one."""
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    audit_prompts: bool = False
    body_limit_mb: int = Field(default=20, ge=1)
    body_timeout_s: float = Field(default=30, gt=0)
    allow_private_webhooks: bool = False
    mcp: bool = False
    is_space: bool = False

    @field_validator("tiers", mode="before")
    @classmethod
    def _begin_with_the_usual(cls, given: Any) -> Any:
        """What a tier of `config.toml` leaves out stays as it is."""
        if not isinstance(given, dict):
            return given
        changed = {
            name: {**TIERS[name].model_dump(), **values}
            for name, values in given.items()
            if name in TIERS and isinstance(values, dict)
        }
        return {**TIERS, **given, **changed}

    @field_validator(
        "extra_model_folders", "trusted_hosts", "trusted_proxies", "cors_origins", mode="before"
    )
    @classmethod
    def _by_commas(cls, given: Any) -> Any:
        """The environment and the command line give a list as text."""
        if isinstance(given, str):
            return tuple(part.strip() for part in given.split(",") if part.strip())
        return given

    @model_validator(mode="after")
    def _has_both_files(self) -> "Settings":
        if (self.ssl_certfile is None) != (self.ssl_keyfile is None):
            raise ValueError("ssl_certfile and ssl_keyfile come together; give both or neither")
        return self

    @property
    def users_file(self) -> Path:
        """Where users stand: the file that was named, else the one in the state folder."""
        return self.users or self.state / "users.json"

    @property
    def state(self) -> Path:
        """SQLite, lock, log, secrets and our temporary folder."""
        return self.home / "state"

    @property
    def models(self) -> Path:
        return self.home / "models"

    @property
    def time_limit_s(self) -> float | None:
        """How long one job may be made. Alone on localhost there is no limit unless it was set.

        A large model on a CPU honestly takes longer than ten minutes, and Stop is there.
        """
        if self.is_local_only and "job_timeout_s" not in self.model_fields_set:
            return None
        return self.job_timeout_s

    @property
    def is_local_only(self) -> bool:
        """Whether only this machine can reach the page: one person, who may see everything.

        With `users` named it is not: a proxy may stand in front.
        """
        return (
            self.listen in ("127.0.0.1", "localhost", "::1")
            and not self.share
            and not self.is_space
            and self.users is None
        )


def load(
    given: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Settings from the four sources. `given` are the command line's, without its `None`s.

    Raises BadRequest naming the setting, its value and where it came from.
    """
    given = {name: value for name, value in (given or {}).items() if value is not None}
    environment = environment or {}
    home = Path(given.get("home") or environment.get(PREFIX + "HOME") or _default_home(environment))
    home = home.expanduser().resolve()
    values: dict[str, Any] = {**_space(environment), **_hub(environment)}
    values |= _from_file(home / "config.toml")
    values |= _from_environment(environment)
    values |= given
    values["home"] = home
    output_path = Path(values.get("output_path") or home / "outputs").expanduser()
    values["output_path"] = output_path if output_path.is_absolute() else Path.cwd() / output_path
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        message = in_words(first)
        if not name:
            raise BadRequest(f"{message}.") from None
        raise BadRequest(
            f"The setting {name} is “{first['input']}”: {message[:1].lower()}{message[1:]}.",
            field=name,
        ) from None


def _default_home(environment: Mapping[str, str]) -> Path:
    """The checkout when run from one, else the user's data folder."""
    if environment.get("SPACE_ID") and Path("/data").is_dir():
        return Path("/data")
    if (CHECKOUT / "pyproject.toml").is_file() and (CHECKOUT / "launch.py").is_file():
        return CHECKOUT
    if sys.platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "fooocus-lite"


def _space(environment: Mapping[str, str]) -> dict[str, Any]:
    """On a Hugging Face Space the platform gives host and port, and nobody has a browser there."""
    if not environment.get("SPACE_ID"):
        return {}
    return {
        "is_space": True,
        "visitor_tier": "free",
        "browser": False,
        "listen": environment.get("GRADIO_SERVER_NAME", "0.0.0.0"),
        "port": environment.get("GRADIO_SERVER_PORT", "7860"),
    }


def _hub(environment: Mapping[str, str]) -> dict[str, Any]:
    """The mirror and the access token as every program of the Hub takes them."""
    found = {
        "hub_endpoint": environment.get("HF_ENDPOINT"),
        "hub_token": environment.get("HF_TOKEN") or _login(environment),
    }
    return {name: value.strip().rstrip("/") for name, value in found.items() if value}


def _login(environment: Mapping[str, str]) -> str:
    """The token that `hf auth login` left on this computer; none without a home to look in."""
    home = environment.get("HOME") or environment.get("USERPROFILE")
    cache = environment.get("XDG_CACHE_HOME") or (f"{home}/.cache" if home else "")
    folder = environment.get("HF_HOME") or (f"{cache}/huggingface" if cache else "")
    path = environment.get("HF_TOKEN_PATH") or (f"{folder}/token" if folder else "")
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip() if path else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _from_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadRequest(f"{path.name} cannot be read: {error}. Correct it or remove it.") from None
    return _known(values, path.name)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != PREFIX + "HOME" and value != ""
    }
    return _known(found, "the environment")


def _known(values: dict[str, Any], where: str) -> dict[str, Any]:
    names = set(Settings.model_fields) - {"home", "is_space"}
    for name in values:
        if name not in names:
            near = nearest_names(name, names)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise BadRequest(f"{where} has an unknown setting “{name}”.{hint}", field=name)
    return values
