"""Which addresses a metric source may have: never those that only answer a machine about itself."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Final

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

#: Metadata services of clouds beside the link-local ones.
_METADATA: Final = frozenset(
    ipaddress.ip_address(text) for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)


def is_forbidden(address: str) -> bool:
    """Tell whether ``address`` is link-local, of a cloud's metadata service, or for nobody in particular.

    >>> is_forbidden("169.254.169.254"), is_forbidden("::ffff:169.254.169.254"), is_forbidden("10.0.0.1")
    (True, True, False)
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False  # a name: what it stands for is looked at when it is resolved
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_link_local or found.is_multicast or found.is_unspecified or found in _METADATA


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses those that stand for a forbidden address: what is checked is what is connected to."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the addresses of ``host``. Raises: OSError where there is none, or one is forbidden."""
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            if is_forbidden(one["host"]):
                raise OSError(errno.EADDRNOTAVAIL, f"{host} stands for {one['host']}, which no datasource may have")
        return found

    async def close(self) -> None:
        """End."""
        await self._resolver.close()
