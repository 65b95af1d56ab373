"""Where the service is and how to reach it: arguments, environment variables and defaults."""

import os
import platform
from dataclasses import dataclass, field
from importlib import metadata

import httpx

from backprop_client.retries import RetryPolicy

DEFAULT_URL = "http://127.0.0.1:8000"
CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The address of the service, the key, and the limits of time."""

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    timeout_seconds: float = 60.0
    retries: RetryPolicy = field(default_factory=RetryPolicy)

    @classmethod
    def of(
        cls,
        base_url: str | None,
        api_key: str | None,
        timeout_seconds: float,
        retries: RetryPolicy,
    ) -> "Configuration":
        """Return the configuration; `BACKPROP_URL` and `BACKPROP_API_KEY` replace missing arguments.

        Raises `ValueError` if the address is no URL of HTTP.
        """
        url = base_url or os.environ.get("BACKPROP_URL") or DEFAULT_URL
        if httpx.URL(url).scheme not in {"http", "https"}:
            raise ValueError(f"The address of the service must begin with http:// or https://, not {url!r}.")
        key = api_key or os.environ.get("BACKPROP_API_KEY") or None
        return cls(base_url=url.rstrip("/"), api_key=key, timeout_seconds=timeout_seconds, retries=retries)

    @property
    def headers(self) -> dict[str, str]:
        """Return what every request sends."""
        headers = {"User-Agent": f"backprop-client/{version()} Python/{platform.python_version()}"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        return headers

    def timeout(self, seconds: float | None = None) -> httpx.Timeout:
        """Return the limits for one request."""
        return httpx.Timeout(self.timeout_seconds if seconds is None else seconds, connect=CONNECT_SECONDS)


def version() -> str:
    """Return the version of this package; "0" if it runs from a source folder that is not installed."""
    try:
        return metadata.version("backprop-client")
    except metadata.PackageNotFoundError:
        return "0"
