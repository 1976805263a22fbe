"""`users` and `share`: who may log in, their keys, what they did; the end of sharing."""

import getpass
import json
import sys
import time
from argparse import Namespace
from typing import Any

from ..errors import BadRequest
from ..reception.doorkeeper import Doorkeeper
from ..settings import Settings
from ..studio import Studio

ONCE = "It is shown this once; only a hash of it is kept."
CHANGES = ("add", "remove", "log-out", "key")
USAGE = {
    "add": "users add NAME",
    "remove": "users remove NAME",
    "log-out": "users log-out NAME",
    "key": "users key add|remove NAME KEY-NAME, or users key list NAME",
}


def users(settings: Settings, arguments: Namespace) -> int:
    """Changes or lists the users; a running program takes it up at once."""
    match arguments.action:
        case "add":
            _add(settings, arguments)
        case "remove":
            (name,) = _words(arguments, 1)
            _keeper(settings).remove_user(name)
            _say(arguments, f"{name} cannot log in any more.", removed=name)
        case "log-out":
            (name,) = _words(arguments, 1)
            _keeper(settings).users.end_logins(name)
            _say(arguments, f"{name} is logged out everywhere.", logged_out=name)
        case "key":
            _key(settings, arguments)
        case "audit":
            _audit(settings, arguments)
        case _:
            _list(settings, arguments)
    if arguments.action in CHANGES and arguments.words[:1] != ["list"]:
        _keeper(settings).note(f"users {arguments.action}", " ".join(arguments.words))
    return 0


def share(settings: Settings, arguments: Namespace) -> int:
    """`stop`: from this moment nobody but the host comes in, in a running program too."""
    keeper = _keeper(settings)
    if arguments.action == "stop":
        keeper.stop_sharing()
        _say(arguments, "Sharing is ended: only the host comes in.", is_shared=False)
    else:
        keeper.start_sharing()
        _say(arguments, "Whoever may log in comes in again.", is_shared=True)
    return 0


def offer_password(settings: Settings) -> bool:
    """Asks a person at a terminal whether to make a first user now; prints the password once."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    print("Others could reach this page, and nobody needs a password yet.")
    answer = input("Create one now? [Y/n] ").strip().lower()
    if answer not in ("", "y", "yes"):
        return False
    password = _keeper(settings).invite("guest")
    print(f"Name: guest   Password: {password}   {ONCE}")
    return True


def _add(settings: Settings, arguments: Namespace) -> None:
    (name,) = _words(arguments, 1)
    keeper = _keeper(settings)
    if arguments.generate:
        password = keeper.invite(name, arguments.tier, arguments.host)
        _say(arguments, f"Name: {name}   Password: {password}   {ONCE}",
             added=name, password=password)  # fmt: skip
        return
    is_new = keeper.users.add(name, _password(arguments), arguments.tier, arguments.host)
    said = "may log in now." if is_new else "has a new password; earlier logins have ended."
    _say(arguments, f"{name} {said}", added=name, is_new=is_new)


def _key(settings: Settings, arguments: Namespace) -> None:
    action = arguments.words[0] if arguments.words else ""
    keeper = _keeper(settings)
    if action == "add":
        _, name, key_name = _words(arguments, 3)
        key = keeper.users.add_key(name, key_name)
        _say(arguments, f"{key}\n{ONCE}", added=key_name, user=name, key=key)
    elif action == "remove":
        _, name, key_name = _words(arguments, 3)
        keeper.users.remove_key(name, key_name)
        _say(arguments, f"The key “{key_name}” no longer works.", removed=key_name, user=name)
    elif action == "list":
        _, name = _words(arguments, 2)
        for each in keeper.users.named(name).keys:
            made = time.strftime("%Y-%m-%d", time.localtime(each.created))
            _say(arguments, f"{each.name:<24} since {made}", name=each.name, created=each.created)
    else:
        raise BadRequest(f"Write {USAGE['key']}.", field="words")


def _list(settings: Settings, arguments: Namespace) -> None:
    keeper = _keeper(settings)
    known = keeper.users.all()
    for name, user in known.items():
        tier = "host" if user.is_host else user.tier
        keys = [key.name for key in user.keys]
        used = keeper.usage_of(name)
        counts = f"{used.pictures:,} pictures, {used.last_hour:,} this hour"
        shown = f"{name:<24} {tier:<10} {counts:<32} {', '.join(keys)}".rstrip()
        _say(
            arguments, shown, name=name, tier=user.tier, is_host=user.is_host, keys=keys,
            jobs=used.jobs, pictures=used.pictures, this_hour=used.last_hour,
        )  # fmt: skip
    if not known and not arguments.json:
        print("There is no user yet; make one with `users add NAME`.")


def _audit(settings: Settings, arguments: Namespace) -> None:
    for entry in _keeper(settings).audit.latest(arguments.limit):
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.at))
        text = f"{at}  {entry.who:<24} {entry.action:<12} {entry.outcome:<12} {entry.subject}"
        _say(arguments, text.rstrip(), **vars(entry))


def _password(arguments: Namespace) -> str:
    """Without an echo, twice; or the first line of standard input."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise BadRequest(
            "There is no terminal to ask for the password. Use --password-stdin, or --generate.",
            field="password",
        )
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise BadRequest("The two were not the same. Try again.", field="password")
    return password


def _words(arguments: Namespace, count: int) -> list[str]:
    if len(arguments.words) != count:
        raise BadRequest(f"Write {USAGE[arguments.action]}.", field="words")
    return list(arguments.words)


def _keeper(settings: Settings) -> Doorkeeper:
    return Studio(settings).doorkeeper


def _say(arguments: Namespace, text: str, **facts: Any) -> None:
    print(json.dumps(facts, ensure_ascii=False) if arguments.json else text)
