"""Addresses of the open internet, and a connection to exactly the one that was checked.

So that nobody makes this program knock at doors inside its own network: a name that is looked up
twice may answer differently the second time (DNS rebinding).
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from urllib.parse import SplitResult, urlsplit

from ..errors import BadRequest

PORTS = {"http": 80, "https": 443}
# NAT64, 6to4 and Teredo carry an IPv4 address that may be a private one.
TUNNELS = tuple(ipaddress.ip_network(each) for each in ("64:ff9b::/96", "2002::/16", "2001::/32"))


def split(url: str) -> SplitResult:
    """The parts of an http or https address with a host. Raises BadRequest."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    is_clean = all(33 <= ord(character) < 127 for character in url)
    if parts.scheme not in PORTS or not parts.hostname or not is_clean or port == 0:
        raise BadRequest(
            "The webhook is no http or https address, such as https://example.org/done.",
            field="webhook",
        )
    if parts.username is not None or parts.password is not None:
        raise BadRequest(
            "The webhook has a name or password in it. The signature in the header shows who "
            "calls; leave them out.",
            field="webhook",
        )
    return parts


def resolve(parts: SplitResult, allow_private: bool = False) -> str:
    """The IP address to connect to.

    Raises BadRequest when the host has none, or any that is not of the open internet.
    """
    host = parts.hostname or ""
    port = parts.port or PORTS[parts.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadRequest(
            f"The webhook's host “{host[:100]}” is not known.", field="webhook"
        ) from None
    addresses = [str(each[4][0]) for each in found]
    if not allow_private and not all(is_public(each) for each in addresses):
        raise BadRequest(
            f"The webhook's host “{host[:100]}” is inside a private network, where webhooks are "
            "not sent. The host of the program can allow it with allow_private_webhooks.",
            field="webhook",
        )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        elif any(parsed in network for network in TUNNELS):
            return False
    return parsed.is_global and not parsed.is_multicast


def post(
    url: str, body: bytes, headers: dict[str, str], allow_private: bool, timeout_s: float
) -> int:
    """The status of the answer to a POST; redirects are not followed, the answer is not read.

    Raises OSError, http.client.HTTPException or BadRequest; all is over after `timeout_s`.
    """
    parts = split(url)
    connection = _Pinned(parts, resolve(parts, allow_private), timeout_s)
    # A receiver that sends one byte now and then would keep a mere socket timeout from passing.
    end = threading.Timer(timeout_s, connection.cut)
    end.daemon = True
    end.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    finally:
        end.cancel()
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to one IP address that still asks for, and proves, the host's name."""

    def __init__(self, parts: SplitResult, address: str, timeout_s: float) -> None:
        self._parts = parts
        self._address = address
        port = parts.port or PORTS[parts.scheme]
        super().__init__(parts.hostname or "", port, timeout=timeout_s)
        self.default_port = PORTS[parts.scheme]

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)

    def cut(self) -> None:
        """Ends whatever the connection is waiting for, from another thread."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.sock.close()
