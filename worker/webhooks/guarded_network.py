"""Connections of webhook deliveries: each name is resolved one time, its addresses are checked, then connected to.

No other code of a delivery opens a socket. The certificate is checked against the name in the URL.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore

from service.webhooks.target_policy import TargetPolicy

MAX_ADDRESSES = 3  # of a host, which are tried one after the other

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, the preferred one first. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to hosts whose addresses are all allowed."""

    def __init__(
        self, policy: TargetPolicy, scheme: str, resolve: Resolve, network: httpcore.AsyncNetworkBackend
    ) -> None:
        self._policy = policy
        self._scheme = scheme
        self._resolve = resolve
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers. Raises `TargetRejected` if any address is not allowed."""
        addresses = await self._resolve(host, port)
        for address in addresses:
            self._policy.check_address(address, self._scheme)
        error: Exception = OSError("the host has no address")
        for address in addresses[:MAX_ADDRESSES]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
                error = failure
        raise error
