"""Which URLs and addresses webhooks may reach: https and public addresses, and what the operator allows."""

import re
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from typing import Self

import idna

from service.settings import Settings
from service.webhooks.addresses import Address, Network, embedded_ipv4, is_public, networks_of

MAX_URL = 2_000  # characters
HTTPS_PORT, HTTP_PORT = 443, 80
MIN_OTHER_PORT = 1024  # services other than web servers listen on lower ports
PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?P<host>\[[^\]/?#]*\]|[^:/?#\[\]]*)"
    r"(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>(?:/[^?#]*)?(?:\?[^#]*)?)"
)
CONTROLS = re.compile(r"[\x00-\x20\x7f]")
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a host whose last label is one is an IPv4 address (WHATWG URL, 4.3)


class TargetRejected(ValueError):
    """A webhook may not use this URL or address; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL in parts. The host is lower case and ASCII; the path includes the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Return host and port, without the port if it is that of the scheme."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS_PORT if self.scheme == "https" else HTTP_PORT
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the URL in its normal form."""
        return f"{self.scheme}://{self.authority}{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPolicy:
    """What the operator allows besides https and public addresses."""

    networks: tuple[Network, ...] = field(default=())
    allows_http: bool = False  # only to these networks

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the policy of the settings."""
        return cls(networks=networks_of(settings.webhook_allow_networks), allows_http=settings.webhook_allow_http)

    def target(self, url: str) -> Target:
        """Return the URL in parts. Raises `TargetRejected`. Names are not resolved: see `check_address`."""
        parts = _split(url)
        scheme = parts["scheme"].lower()
        if scheme != "https" and not (scheme == "http" and self.allows_http):
            raise TargetRejected("The URL must begin with https://.")
        target = Target(
            scheme=scheme,
            host=_host(parts["host"]),
            port=int(parts["port"] or (HTTPS_PORT if scheme == "https" else HTTP_PORT)),
            path=parts["path"] if parts["path"].startswith("/") else "/" + parts["path"],
        )
        self._check(target)
        return target

    def check_address(self, text: str, scheme: str) -> None:
        """Check an address that a host resolves to. Raises `TargetRejected`."""
        if not self._allows(ip_address(text), scheme):
            raise TargetRejected("The host of the URL does not resolve to public addresses only.")

    def _check(self, target: Target) -> None:
        usual = HTTPS_PORT if target.scheme == "https" else HTTP_PORT
        if target.port != usual and not MIN_OTHER_PORT <= target.port < 65_536:
            raise TargetRejected(f"The port must be {usual}, or {MIN_OTHER_PORT} to 65535.")
        try:
            address = ip_address(target.host)
        except ValueError:
            if "." not in target.host and not self.networks:
                raise TargetRejected("The host must be a public name, such as hooks.example.com.") from None
        else:
            if not self._allows(address, target.scheme):
                raise TargetRejected("The address in the URL is not public.")

    def _allows(self, address: Address, scheme: str) -> bool:
        address = embedded_ipv4(address) or address
        in_networks = any(address in network for network in self.networks)
        return in_networks or (scheme == "https" and is_public(address))


def _split(url: str) -> dict[str, str]:
    if len(url) > MAX_URL:
        raise TargetRejected(f"The URL has {len(url):,} characters; at most {MAX_URL:,} are allowed.")
    authority, _, rest = url.partition("://")[2].partition("/")
    if "@" in authority:
        raise TargetRejected("The URL must not contain a user name or password.")
    if "#" in url:
        raise TargetRejected("The URL must not contain a fragment (#).")
    parts = PARTS.fullmatch(url)
    if parts is None or "\\" in url or not rest.isascii() or CONTROLS.search(url):
        raise TargetRejected("This is not a URL of the form https://host/path. Encode special characters with %.")
    return parts.groupdict(default="")


def _host(text: str) -> str:
    """Return the host in lower case and ASCII. Only the normal spellings of IP addresses are accepted."""
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1].replace("%", "x")))  # no zones: they name an interface of this machine
        except AddressValueError:
            raise TargetRejected(f"{text} is not an IPv6 address.") from None
    name = _ascii_name(text)
    if NUMBER.fullmatch(name.rpartition(".")[2]):
        try:
            return str(IPv4Address(name))
        except AddressValueError:
            raise TargetRejected("Write the IPv4 address as four decimal numbers, such as 192.0.2.1.") from None
    return name


def _ascii_name(text: str) -> str:
    try:
        name = idna.encode(text, uts46=True).decode() if not text.isascii() else text.lower()
    except idna.IDNAError:
        name = ""
    name = name.removesuffix(".")
    if not name or len(name) > 253 or not all(LABEL.fullmatch(label) for label in name.split(".")):
        raise TargetRejected(f"{text[:100]!r} is not the name of a host.")
    return name
