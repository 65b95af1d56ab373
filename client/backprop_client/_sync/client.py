"""The client: one object for each group of the API."""

# Generated from the same file in _async by client/generator; do not edit.

from typing import Self

import httpx

from backprop_client._sync.access import Keys, Operations, Projects
from backprop_client._sync.aliases import Aliases
from backprop_client._sync.batches import Batches
from backprop_client._sync.datasets import Datasets
from backprop_client._sync.jobs import Jobs
from backprop_client._sync.models import Models
from backprop_client._sync.transport import Transport
from backprop_client._sync.webhooks import Webhooks
from backprop_client._sync.weights import Weights
from backprop_client.configuration import Configuration
from backprop_client.retries import MAX_RETRIES, OUTAGE_SECONDS, RetryPolicy


class Client:
    """A client of one service; use it for all calls, and close it or use it with `with`.

    base_url: where the service is; default: `BACKPROP_URL`, or http://127.0.0.1:8000.
    api_key: default: `BACKPROP_API_KEY`. A service on your own machine needs none.
    timeout: seconds until a request without an answer fails.
    max_retries: how often a request is repeated after a lost connection or a temporary error.
    outage_seconds: how long uploads, downloads, waits and event streams try to reconnect.
    http_client: an httpx client of your own, for proxies and certificates. It is not closed.
    """

    def __init__(  # noqa: PLR0913 - each has a default
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 60.0,
        max_retries: int = MAX_RETRIES,
        outage_seconds: float = OUTAGE_SECONDS,
        http_client: httpx.Client | None = None,
    ) -> None:
        retries = RetryPolicy(max_retries=max_retries, outage_seconds=outage_seconds)
        configuration = Configuration.of(base_url, api_key, timeout, retries)
        self._transport = Transport(configuration, http_client)
        self.datasets = Datasets(self._transport)
        self.jobs = Jobs(self._transport)
        self.models = Models(self._transport)
        self.aliases = Aliases(self._transport)
        self.batches = Batches(self._transport)
        self.weights = Weights(self._transport)
        self.webhooks = Webhooks(self._transport)
        self.keys = Keys(self._transport)
        self.projects = Projects(self._transport)
        self.operations = Operations(self._transport)

    @property
    def base_url(self) -> str:
        """The address of the service."""
        return self._transport.configuration.base_url

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
