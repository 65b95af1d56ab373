"""The client: one object for each group of the API."""

from typing import Self

import httpx

from backprop_client._async.access import AsyncKeys, AsyncOperations, AsyncProjects
from backprop_client._async.aliases import AsyncAliases
from backprop_client._async.batches import AsyncBatches
from backprop_client._async.datasets import AsyncDatasets
from backprop_client._async.jobs import AsyncJobs
from backprop_client._async.models import AsyncModels
from backprop_client._async.transport import AsyncTransport
from backprop_client._async.webhooks import AsyncWebhooks
from backprop_client._async.weights import AsyncWeights
from backprop_client.configuration import Configuration
from backprop_client.retries import MAX_RETRIES, OUTAGE_SECONDS, RetryPolicy


class AsyncClient:
    """A client of one service; use it for all calls, and close it or use it with `async with`.

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
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        retries = RetryPolicy(max_retries=max_retries, outage_seconds=outage_seconds)
        configuration = Configuration.of(base_url, api_key, timeout, retries)
        self._transport = AsyncTransport(configuration, http_client)
        self.datasets = AsyncDatasets(self._transport)
        self.jobs = AsyncJobs(self._transport)
        self.models = AsyncModels(self._transport)
        self.aliases = AsyncAliases(self._transport)
        self.batches = AsyncBatches(self._transport)
        self.weights = AsyncWeights(self._transport)
        self.webhooks = AsyncWebhooks(self._transport)
        self.keys = AsyncKeys(self._transport)
        self.projects = AsyncProjects(self._transport)
        self.operations = AsyncOperations(self._transport)

    @property
    def base_url(self) -> str:
        """The address of the service."""
        return self._transport.configuration.base_url

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()
