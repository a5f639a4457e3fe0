"""The network that an address belongs to."""

import ipaddress

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
