"""Who is calling: the client's address, believed only from a proxy that settings trust."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


@lru_cache(maxsize=8)
def _networks(spec: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(item, strict=False) for item in spec)


def _is_trusted(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


def client_address(request: HttpRequest) -> str:
    """Return the client's address.

    The peer's own address, unless the peer is a trusted proxy: then the right-most entry of
    X-Forwarded-For that is not itself a trusted proxy. Garbage in the header is ignored.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "unknown")
    if not _is_trusted(peer):
        return peer
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    for hop in reversed(hops):
        try:
            address = str(ip_address(hop))
        except ValueError:
            return peer
        if not _is_trusted(address):
            return address
    return peer


@lru_cache(maxsize=4096)
def rate_bucket(address: str) -> str:
    """Return the unit that limits count: an IPv4 address or an IPv6 /64, which one host owns."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
