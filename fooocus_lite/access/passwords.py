"""Passwords and keys as they may be kept: only what cannot be turned back into them."""

import hashlib
import hmac
import secrets

from ..errors import BadRequest

# RFC 7914; 2**14 * 128 * 8 bytes are 16 MiB and some 50 ms of work for each try.
COST, BLOCK, LANES = 2**14, 8, 1
MAX_MEMORY = 64 * 2**20
MIN_CHARACTERS, MAX_CHARACTERS = 8, 200
KEY_PREFIX = "fl_"


def hashed(password: str) -> str:
    """The password as `scrypt$cost$block$lanes$salt$hash`, salted anew. Raises BadRequest."""
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise BadRequest(
            f"The password has {len(password)} characters; it needs {MIN_CHARACTERS} to "
            f"{MAX_CHARACTERS}.",
            field="password",
        )
    salt = secrets.token_bytes(16)
    made = _scrypt(password, salt, COST, BLOCK, LANES)
    return f"scrypt${COST}${BLOCK}${LANES}${salt.hex()}${made.hex()}"


def matches(password: str, kept: str) -> bool:
    """Whether it is the password of that hash; False, too, for a hash that cannot be read."""
    if len(password) > MAX_CHARACTERS:
        return False
    try:
        kind, cost, block, lanes, salt, wanted = kept.split("$")
        if kind != "scrypt":
            return False
        made = _scrypt(password, bytes.fromhex(salt), int(cost), int(block), int(lanes))
        return hmac.compare_digest(made, bytes.fromhex(wanted))
    except (ValueError, MemoryError):
        return False


def fingerprint(password: str) -> str:
    """Always the same for a password, which is as hard to find from it as from its hash."""
    return _scrypt(password, b"fooocus-lite fingerprint", COST, BLOCK, LANES).hex()[:16]


def generated_password() -> str:
    """Twenty letters and digits without look-alikes in five groups: some 98 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))


def generated_key() -> str:
    """A key for programs: 256 random bits."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """How keys and session tokens are kept. Their 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    text = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=cost, r=block, p=lanes, maxmem=MAX_MEMORY, dklen=32)
