"""What ``serve`` can be asked for."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from launcher.machine import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where to listen, where to keep data, and how much to do at a time."""

    host: str
    port: int
    data: Path
    workers: int

    def url(self) -> str:
        """Where a client on this machine finds the API."""
        return f"http://{f'[{self.reachable}]' if ':' in self.reachable else self.reachable}:{self.port}"

    @property
    def reachable(self) -> str:
        """The host to connect to; the wildcard addresses are for listening only."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound

    def with_free_port(self) -> Self:
        """The same options with a port that is free now.

        Raises:
            LaunchError: the port that was asked for is not.
        """
        return replace(self, port=free_port(self.host, self.port))
