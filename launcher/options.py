"""The options of ``serve``."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from launcher.machine import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Where to listen, where to keep data, and how many jobs to train and processes to answer in parallel."""

    host: str
    port: int
    data: Path
    workers: int
    api_processes: int = 1
    first_key: bool = False  # create a key if there is none

    def url(self) -> str:
        """Return the URL of the API for clients on this machine."""
        return f"http://{f'[{self.reachable}]' if ':' in self.reachable else self.reachable}:{self.port}"

    @property
    def reachable(self) -> str:
        """The host to connect to; wildcard addresses are for listening only."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound

    def with_free_port(self) -> Self:
        """Return the same options with a port that is free now.

        Raises:
            LaunchError: the requested port is in use.
        """
        return replace(self, port=free_port(self.host, self.port))
