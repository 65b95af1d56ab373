"""Whether an IP address is public: a host on the internet, and no network of the operator or of this machine."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# From the registries of special-purpose addresses (RFC 6890 and its updates). Our own list, because what Python calls
# global changed between its releases.
SPECIAL_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; some clouds have their metadata services here
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # not special, but the host of virtual machines in Azure
        "169.254.0.0/16",  # link-local, with the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")  # everything else is loopback, link-local, private, multicast or reserved
SPECIAL_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, with Teredo, which embeds an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which embeds an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
NAT64 = IPv6Network("64:ff9b::/96")
IPV4_MASK = 0xFFFF_FFFF


def is_public(address: Address) -> bool:
    """Return whether the address is public. An IPv6 address that stands for an IPv4 address is judged as that."""
    address = embedded_ipv4(address) or address
    if isinstance(address, IPv4Address):
        return not any(address in network for network in SPECIAL_IPV4)
    return address in GLOBAL_UNICAST and not any(address in network for network in SPECIAL_IPV6)


def embedded_ipv4(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that a mapped or NAT64 address leads to."""
    if isinstance(address, IPv6Address):
        return IPv4Address(int(address) & IPV4_MASK) if address in NAT64 else address.ipv4_mapped
    return None


def networks_of(text: str) -> tuple[Network, ...]:
    """Return the networks of a list separated by commas. Raises `ValueError` with what is wrong."""
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
