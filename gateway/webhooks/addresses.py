"""Where the outside may be reached: addresses are checked as they are connected to, whatever a name said.

A name that resolves to a public address when asked and to a private one when used meets the check all the
same: it stands where the socket is made.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from gateway.errors import GatewayError

Address = IPv4Address | IPv6Address

NAT64 = ip_network("64:ff9b::/96")
NAT64_LOCAL = ip_network("64:ff9b:1::/48")
SIX_TO_FOUR = ip_network("2002::/16")
NEVER = tuple(
    ip_network(each)
    for each in ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "fec0::/10", "::/96")
)
"""Not private by name, and still not for strangers: carrier networks, relays, benchmarks, old site-local."""

MAX_URL = 2048


class RefusedAddressError(GatewayError, OSError):
    """An address that deliveries do not go to."""


def embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, Teredo or NAT64; else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in SIX_TO_FOUR and address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return IPv4Address(address.packed[-4:]) if address in NAT64 else address


def forbidden(text: str) -> str | None:
    """Why nothing is sent to an IP address; None where it may be.

    >>> forbidden("::ffff:169.254.169.254")
    '169.254.169.254 is not on the public internet'
    >>> forbidden("93.184.215.14") is None
    True
    """
    address = ip_address(text.partition("%")[0])
    meant = embedded(address)
    inside = any(meant.version == net.version and meant in net for net in NEVER) or address in NAT64_LOCAL
    if inside or not meant.is_global or meant.is_multicast or meant.is_reserved:
        return f"{meant} is not on the public internet"
    return None


def check_url(url: str, *, private: bool = False) -> str:
    """`url` if deliveries may go there; the address of its name is checked again when it is connected to.

    `private` lets plain http and private addresses through, for tests and networks of one's own.
    Raises GatewayError saying what to give instead.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise GatewayError(f"the URL's port is no port: {error}") from error
    if len(url) > MAX_URL or parts.scheme not in ("https", "http") or not parts.hostname:
        raise GatewayError(f"give an https:// URL of at most {MAX_URL} characters")
    if parts.username or parts.password or parts.fragment:
        raise GatewayError("give a URL without a user, a password or a #fragment")
    if private:
        return url
    if parts.scheme != "https" or port not in (None, 443, 8443):
        raise GatewayError("give an https:// URL on port 443 or 8443")
    try:
        why = forbidden(parts.hostname)
    except ValueError:
        why = "localhost is this machine" if parts.hostname.rstrip(".").endswith("localhost") else None
    if why:
        raise GatewayError(f"{why}: give one that the public can reach")
    return url


def guarded_socket(address: Any) -> socket.socket:
    """A socket for an address that has been checked; raises RefusedAddressError."""
    family, kind, protocol, _, where = address
    if why := forbidden(str(where[0])):
        raise RefusedAddressError(errno.EACCES, why)
    return socket.socket(family=family, type=kind, proto=protocol)


def plain_socket(address: Any) -> socket.socket:
    """A socket for any address."""
    family, kind, protocol, *_ = address
    return socket.socket(family=family, type=kind, proto=protocol)


Resolve = Callable[[str, int], Sequence[tuple[str, int]]]
"""Host and port to IP addresses and ports."""


class _Resolver(aiohttp.abc.AbstractResolver):
    """Names as tests want them."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        del family
        return [
            {
                "hostname": host, "host": ip, "port": at, "proto": 0, "flags": socket.AI_NUMERICHOST,
                "family": socket.AF_INET6 if ":" in ip else socket.AF_INET,
            }
            for ip, at in self._resolve(host, port)
        ]  # fmt: skip

    async def close(self) -> None:
        return None


def connector(*, private: bool = False, resolve: Resolve | None = None) -> aiohttp.TCPConnector:
    """Connections to the outside, kept open between deliveries; names are asked anew for each connection."""
    return aiohttp.TCPConnector(
        limit=0,
        limit_per_host=32,
        use_dns_cache=False,
        resolver=_Resolver(resolve) if resolve else None,
        socket_factory=plain_socket if private else guarded_socket,
        enable_cleanup_closed=False,
        loop=asyncio.get_running_loop(),
    )
