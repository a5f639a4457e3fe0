"""Networks from which requests may come."""

import ipaddress
from collections.abc import Sequence

from stroem.interfaces.triggers.http_trigger import HookRefused, HookRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network_of(text: str) -> Network | None:
    """The network of an address or of a CIDR; None for other texts."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def check_address(allowed: Sequence[str], request: HookRequest) -> None:
    """Checks the client's address. Raises `HookRefused`."""
    if not any(_contains(network, request.remote) for text in allowed if (network := network_of(text))):
        reason = f"the address {request.remote} is in none of the networks of `allow_from`"
        raise HookRefused(reason, status=403, told="This webhook may not be called from this address")


def _contains(network: Network, text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address) in network
