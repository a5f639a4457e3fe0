"""The network that an address belongs to."""

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NETWORK_BITS = 64


def network_of(address: str) -> str:
    """The address, or of IPv6 the network of 64 bits, which one customer has as a whole."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, _NETWORK_BITS), strict=False))
    return str(found)


def is_in(text: str, networks: Iterable[Network]) -> bool:
    """Whether a text is an address in one of the networks. IPv4 in IPv6 counts as IPv4."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((mapped or address) in network for network in networks)
