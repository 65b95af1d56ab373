"""The proxies whose headers are believed. Headers of anybody else are ignored: every client can send them."""

import ipaddress
import re
from collections.abc import Iterator, Sequence

from starlette.datastructures import Headers

from api.settings import PATH

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_PREFIX = 200  # characters
FOR = re.compile(r'(?:^|[;,\s])for="?([^",;\s]+)', re.IGNORECASE)


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a comma-separated list of addresses and networks. Raises `ValueError`."""
    return tuple(ipaddress.ip_network(each.strip(), strict=False) for each in text.split(",") if each.strip())


class TrustedProxies:
    """Addresses of proxies, and what their headers say."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def includes(self, address: str) -> bool:
        """Return whether an address is that of a trusted proxy."""
        if not self._trusted:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def client_of(self, headers: Headers) -> str | None:
        """Return the address of the client: the last one in the headers that is not itself a trusted proxy."""
        for address in reversed(list(_addresses(headers))):
            if not _is_address(address):
                return None
            if not self.includes(address):
                return address
        return None


def prefix_of(headers: Headers) -> str | None:
    """Return the path in `X-Forwarded-Prefix`; None without a valid one."""
    sent = headers.get("x-forwarded-prefix", "").rstrip("/")
    return sent if is_prefix(sent) else None


def is_prefix(path: str) -> bool:
    """Return whether links can begin with this path, which must not be an address of another host."""
    return len(path) <= MAX_PREFIX and PATH.fullmatch(path) is not None


def _addresses(headers: Headers) -> Iterator[str]:
    """Yield the addresses of `Forwarded` (RFC 7239), else of `X-Forwarded-For`, the client's first."""
    if forwarded := headers.getlist("forwarded"):
        yield from (_without_port(address) for address in FOR.findall(",".join(forwarded)))
    else:
        sent = ",".join(headers.getlist("x-forwarded-for")).split(",")
        yield from (_without_port(address.strip()) for address in sent if address.strip())


def _without_port(address: str) -> str:
    """Return an address as it is without its port: `192.0.2.1:80`, `[2001:db8::1]:80` or `2001:db8::1`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
