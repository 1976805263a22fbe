"""Who may come in: users, logins and keys, kept apart from how a request carries them."""

import secrets
import threading
from collections.abc import Mapping
from pathlib import Path

from ..access import passwords
from ..access.throttle import Throttle
from ..access.users import User, UsersFile
from ..archive.audit import Audit, Entry, Usage
from ..archive.sessions import WEEK_S, Sessions
from ..errors import BadRequest, NotLoggedIn, TooMany
from ..settings import Settings
from ..visitor import HOST, LOCAL, TierName, Visitor

USER_PREFIX = "user:"
"""Before a user's name in `owner`, so that no name is ever "local" or another browser's token."""
HOST_NAME = "host"
"""Whom the setting `host_password` lets in."""
STOPPED = "sharing-stopped"
LOGIN_S = WEEK_S
WRONG = "The name or the password is wrong."
BAD_KEY = "That key is not known here, or it has been removed."


class Doorkeeper:
    """Knows the users and their logins; tells visitors apart."""

    def __init__(self, settings: Settings, sessions: Sessions, audit: Audit) -> None:
        self.settings = settings
        self.users = UsersFile(settings.users_file)
        self.audit = audit
        self._sessions = sessions
        self._throttle = Throttle()
        # One at a time: each check takes 16 MiB, and those sent at once must all be counted.
        self._checking = threading.Lock()
        self._nobody = passwords.hashed(secrets.token_hex(16))
        self._host = _host(settings)

    @property
    def has_login(self) -> bool:
        """Whether everybody has to log in: users were named, or others can reach the program.

        Only `--open` lets in everybody; a Space is open by nature.
        """
        settings = self.settings
        is_open = settings.is_local_only or settings.open or settings.is_space
        return settings.users is not None or not is_open

    @property
    def can_log_in(self) -> bool:
        """Whether there is anybody to log in as; on an open page nobody has to."""
        return self.has_login or (not self.settings.is_local_only and self.knows_somebody)

    @property
    def knows_somebody(self) -> bool:
        """Whether there is a user, or a host by the setting. Raises BadRequest, DiskError."""
        return bool(self._known())

    # -- telling who it is -----------------------------------------------------------------

    def of_session(self, token: str) -> Visitor | None:
        """The user whose login it is; None when it has ended."""
        found = self._sessions.find(passwords.digest(token)) if token else None
        if found is None:
            return None
        name, stamp = found
        user = self._known().get(name)
        return self._visitor(name, user) if user is not None and user.stamp == stamp else None

    def of_key(self, key: str, address: str) -> Visitor:
        """The user whose key it is. Raises NotLoggedIn, or TooMany after wrong tries."""
        if (found := self.of_known_key(key)) is not None:
            return found
        counted = f"key from:{address}"
        self._check_patience(counted)
        self._throttle.failed(counted)
        raise NotLoggedIn(BAD_KEY)

    def of_known_key(self, key: str) -> Visitor | None:
        """The user whose key it is; None for anybody else's, which an open page does not mind."""
        name = self.users.with_key(key) if key else None
        user = self.users.all().get(name) if name else None
        return self._visitor(name, user) if name is not None and user is not None else None

    def of_browser(self, owner: str, address: str, is_direct: bool) -> Visitor:
        """Somebody without a login. `owner` is the browser's own token, or empty.

        `is_direct`: from this very machine, by a local name, through no proxy: the host.
        """
        if self.settings.is_local_only and is_direct:
            return Visitor(owner or LOCAL, name=LOCAL, is_host=True)
        if is_direct:
            return Visitor(owner, name=LOCAL, is_host=True, account=owner or LOCAL)
        tier = self.settings.tiers[self.settings.visitor_tier]
        return Visitor(owner, tier=tier, account=f"address:{address}")

    def _visitor(self, name: str, user: User) -> Visitor:
        tier = None if user.is_host else self.settings.tiers[user.tier]
        return Visitor(USER_PREFIX + name, name=name, tier=tier, is_host=user.is_host)

    def _known(self) -> Mapping[str, User]:
        """Everybody who may log in. Raises BadRequest, DiskError."""
        users = self.users.all()
        return users if self._host is None else {**users, HOST_NAME: self._host}

    # -- users -----------------------------------------------------------------------------

    def invite(self, name: str, tier: TierName | None = None, is_host: bool | None = None) -> str:
        """Makes a user with a password that is told only now. Raises as `UsersFile.add` does."""
        password = passwords.generated_password()
        self.users.add(name, password, tier, is_host)
        return password

    def remove_user(self, name: str) -> None:
        """Raises NotFound."""
        self.users.remove(name)
        self._sessions.end_all(name.strip().lower())

    def usage_of(self, name: str) -> Usage:
        """What that user has asked for so far."""
        who = USER_PREFIX + name
        return next((each for each in self.audit.usage() if each.who == who), Usage(who, 0, 0, 0))

    def note(self, action: str, subject: str) -> None:
        """Writes down what the host did at the terminal."""
        self.audit.note(Entry(HOST.name, action, subject=subject))

    # -- logging in and out ----------------------------------------------------------------

    def log_in(self, name: str, password: str, address: str) -> str:
        """A new token for the browser. Raises NotLoggedIn, or TooMany after wrong tries."""
        name = name.strip().lower()[:64]
        keys = (f"name:{name}", f"address:{address}")
        with self._checking:
            self._check_patience(*keys)
            user = self._known().get(name)
            # An unknown name takes as long as a known one, so that nobody learns which there are.
            is_right = passwords.matches(password, user.password if user else self._nobody)
            if user is None or not is_right:
                self._throttle.failed(*keys)
                # Not the unknown name itself: people type passwords into the wrong field.
                who = name if user else "unknown name"
                self.audit.note(Entry(who, "login", "refused", subject=address))
                raise NotLoggedIn(WRONG, field="password")
            # The address stays counted: who has a login of their own may still be guessing.
            self._throttle.succeeded(keys[0])
        token = secrets.token_urlsafe(32)
        self._sessions.begin(passwords.digest(token), name, user.stamp)
        self.audit.note(Entry(name, "login", subject=address))
        return token

    def log_out(self, token: str) -> None:
        self._sessions.end(passwords.digest(token))

    def log_out_everywhere(self, visitor: Visitor) -> None:
        """Ends every login of that user."""
        self._sessions.end_all(visitor.name)
        self.audit.note(Entry(visitor.name, "log out everywhere"))

    def _check_patience(self, *keys: str) -> None:
        wait_s = self._throttle.wait_s(*keys)
        if wait_s > 0:
            raise TooMany(
                f"Too many wrong tries. Try again in {max(1, round(wait_s)):,} seconds.",
                retry_after_s=wait_s,
            )

    # -- the switch ------------------------------------------------------------------------

    @property
    def is_stopped(self) -> bool:
        """Whether sharing was ended: only the host comes in then."""
        return _switch(self.settings).exists()

    def stop_sharing(self, visitor: Visitor = HOST) -> None:
        """Ends every login but a host's and lets in nobody else, until `start_sharing`."""
        switch = _switch(self.settings)
        switch.parent.mkdir(parents=True, exist_ok=True)
        switch.touch()
        self.audit.note(Entry(visitor.name, "stop sharing"))
        for name, user in self.users.all().items():
            if not user.is_host:
                self._sessions.end_all(name)

    def start_sharing(self, visitor: Visitor = HOST) -> None:
        _switch(self.settings).unlink(missing_ok=True)
        self.audit.note(Entry(visitor.name, "start sharing"))


def _host(settings: Settings) -> User | None:
    """The host where nobody can write a users file, such as on a Space. Raises BadRequest."""
    if settings.host_password is None:
        return None
    password = settings.host_password.get_secret_value()
    try:
        hashed = passwords.hashed(password)
    except BadRequest as error:
        raise BadRequest(
            f"The setting host_password cannot be used. {error.message}", field="host_password"
        ) from None
    return User(password=hashed, is_host=True, stamp=passwords.fingerprint(password))


def _switch(settings: Settings) -> Path:
    return settings.state / STOPPED
