"""The users file: who may log in, with which tier and which keys. No password stands in it."""

import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import BadRequest, DiskError, NotFound, UnknownName
from ..visitor import TIERS, TierName
from ..whole_file import write_whole
from . import passwords

MAX_USERS = 10_000
MAX_KEYS = 50
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_KEY_NAME = re.compile(r"[A-Za-z0-9][\w .-]{0,39}")


class Key(BaseModel):
    """A key for programs: its name and the SHA-256 of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    created: float


class User(BaseModel):
    """One user. `stamp` changes with the password and ends every login made before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    password: str
    tier: TierName = "standard"
    is_host: bool = False
    stamp: str = Field(default_factory=lambda: secrets.token_hex(8))
    keys: tuple[Key, ...] = ()


Users = dict[str, User]
Answer = TypeVar("Answer")


class UsersFile:
    """The file at `path`, read again when it has changed. Threads and programs may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._users: Users = {}
        self._by_key: dict[str, str] = {}

    def all(self) -> Users:
        """Every user by name; none when there is no file. Raises BadRequest, DiskError."""
        with self._lock:
            try:
                found = self.path.stat()
            except FileNotFoundError:
                self._seen, self._users, self._by_key = None, {}, {}
                return {}
            except OSError as error:
                raise self._trouble(error) from None
            version = (found.st_mtime_ns, found.st_size)
            if version != self._seen:
                self._users = self._read()
                self._seen = version
                self._by_key = {
                    key.sha256: name for name, user in self._users.items() for key in user.keys
                }
            return self._users

    def with_key(self, key: str) -> str | None:
        """The name of the user whose key it is."""
        self.all()
        return self._by_key.get(passwords.digest(key))

    def named(self, name: str) -> User:
        """Raises NotFound."""
        return _known(self.all(), name)

    def add(
        self, name: str, password: str, tier: TierName | None = None, is_host: bool | None = None
    ) -> bool:
        """Makes a user, or gives an old one a new password (and ends its logins); True when new.

        Raises BadRequest for a name, tier or password that is not possible.
        """
        name = checked_name(name)
        if tier is not None and tier not in TIERS:
            raise UnknownName.among("tier", tier, TIERS)
        made = passwords.hashed(password)

        def change(users: Users) -> bool:
            old = users.get(name)
            if old is None and len(users) >= MAX_USERS:
                raise BadRequest(f"There are {MAX_USERS:,} users; remove one first.")
            users[name] = User(
                password=made,
                tier=tier or (old.tier if old else "standard"),
                is_host=is_host if is_host is not None else bool(old and old.is_host),
                keys=old.keys if old else (),
            )
            return old is None

        return self._change(change)

    def remove(self, name: str) -> None:
        """Raises NotFound."""

        def change(users: Users) -> None:
            _known(users, name)
            del users[name.strip().lower()]

        self._change(change)

    def add_key(self, name: str, key_name: str) -> str:
        """A new key of that user, told only now. Raises BadRequest, NotFound."""
        if not _KEY_NAME.fullmatch(key_name):
            raise BadRequest(
                f"“{key_name[:80]}” is no name for a key: 1 to 40 letters, digits, spaces or . _ -",
                field="key",
            )
        key = passwords.generated_key()
        made = Key(name=key_name, sha256=passwords.digest(key), created=time.time())

        def change(users: Users) -> None:
            user = _known(users, name)
            if any(each.name == key_name for each in user.keys):
                raise BadRequest(f"{name} has a key called “{key_name}” already.", field="key")
            if len(user.keys) >= MAX_KEYS:
                raise BadRequest(f"{name} has {MAX_KEYS} keys; remove one first.", field="key")
            users[name.strip().lower()] = user.model_copy(update={"keys": (*user.keys, made)})

        self._change(change)
        return key

    def remove_key(self, name: str, key_name: str) -> None:
        """Raises NotFound."""

        def change(users: Users) -> None:
            user = _known(users, name)
            kept = tuple(each for each in user.keys if each.name != key_name)
            if len(kept) == len(user.keys):
                raise NotFound(f"{name} has no key called “{key_name}”.", field="key")
            users[name.strip().lower()] = user.model_copy(update={"keys": kept})

        self._change(change)

    def end_logins(self, name: str) -> None:
        """Every login of that user made so far ends. Raises NotFound."""

        def change(users: Users) -> None:
            user = _known(users, name)
            users[name.strip().lower()] = user.model_copy(update={"stamp": secrets.token_hex(8)})

        self._change(change)

    def _change(self, change: Callable[[Users], Answer]) -> Answer:
        """Reads, changes and writes, with no other program in between."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_name(self.path.name + ".lock"), timeout=10):
                users = dict(self.all())
                answer = change(users)
                self._write(users)
        except OSError as error:
            raise self._trouble(error) from None
        return answer

    def _read(self) -> Users:
        try:
            given = json.loads(self.path.read_text(encoding="utf-8"))
            return {checked_name(name): User.model_validate(each) for name, each in given.items()}
        except OSError as error:
            raise self._trouble(error) from None
        except ValidationError as error:
            what = "; ".join(each["msg"] for each in error.errors(include_input=False)[:2])
            raise self._unreadable(what) from None
        except (ValueError, AttributeError, RecursionError):
            raise self._unreadable("it is not the JSON that `users add` writes") from None

    def _write(self, users: Users) -> None:
        """Whole or not at all, and readable by its owner only."""
        text = json.dumps(
            {name: users[name].model_dump(mode="json") for name in sorted(users)}, indent=2
        )
        write_whole(self.path, f"{text}\n".encode(), mode=0o600)

    def _unreadable(self, why: str) -> BadRequest:
        return BadRequest(
            f"The users file {self.path.name} cannot be used: {why}. Nobody can log in until it is "
            "corrected, or moved away and made again with `fooocus-lite users add`.",
            field="users",
        )

    def _trouble(self, error: OSError) -> DiskError:
        return DiskError(f"The users file {self.path} cannot be used: {error.strerror}.")


def checked_name(name: str) -> str:
    """The name in small letters. Raises BadRequest when it cannot be one."""
    small = name.strip().lower()
    if not _NAME.fullmatch(small):
        raise BadRequest(
            f"“{name[:80]}” is no user name: 1 to 32 of a-z, 0-9 and . _ - beginning with a letter "
            "or digit.",
            field="name",
        )
    return small


def _known(users: Users, name: str) -> User:
    user = users.get(name.strip().lower())
    if user is None:
        raise NotFound(f"There is no user “{name[:80]}”; see `fooocus-lite users list`.")
    return user
