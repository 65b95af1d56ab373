"""Aliases: stable names for the models that an application uses."""

from collections.abc import Mapping
from typing import Any

from backprop_client._async.pages import AsyncPages
from backprop_client._async.predicting import predict
from backprop_client._async.transport import AsyncTransport
from backprop_client.errors import PreconditionFailedError
from backprop_client.predictions import Predictions
from backprop_client.requests import Request, path_of
from backprop_client.types.models import Alias


class AsyncAliases:
    """The aliases of the project: `client.aliases`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self, *, page_size: int | None = None) -> AsyncPages[Alias]:
        """Iterate over the aliases."""
        return AsyncPages(self._transport, path_of("aliases"), {"limit": page_size}, Alias)

    async def get(self, name: str) -> Alias:
        """Return an alias."""
        return Alias(await self._transport.get(path_of("aliases", name)))

    async def set(self, name: str, model_id: str, *, replaces: str | None = None) -> Alias:
        """Create an alias, or move it to another model, and return it.

        replaces: move the alias only if it names this model now; otherwise raise `PreconditionFailedError`.
        """
        headers = {} if replaces is None else {"If-Match": await self._etag(name, replaces)}
        answer = await self._transport.change("PUT", path_of("aliases", name), {"model_id": model_id}, headers=headers)
        return Alias(answer.json())

    async def predict(
        self, name: str, rows: Any, *, explain: bool = False, interval: float | None = None
    ) -> Predictions:
        """Predict rows with the model behind an alias, which `model_id` of the result names; see `models.predict`."""
        options = {"explain": explain or None, "interval": interval}
        return await predict(self._transport, path_of("aliases", name, "predictions"), rows, options)

    async def delete(self, name: str) -> None:
        """Delete an alias. Its model remains."""
        await self._transport.delete(path_of("aliases", name))

    async def _etag(self, name: str, model_id: str) -> str:
        answer = await self._transport.send(Request(method="GET", path=path_of("aliases", name)))
        alias: Mapping[str, Any] = answer.json()
        if alias["model_id"] != model_id:
            detail = f"The alias {name} names {alias['model_id']}, not {model_id}."
            raise PreconditionFailedError(412, {"code": "precondition_failed", "detail": detail}, {})
        return answer.headers["ETag"]
