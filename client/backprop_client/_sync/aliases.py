"""Aliases: stable names for the models that an application uses."""

# Generated from the same file in _async by client/generator; do not edit.

from collections.abc import Mapping
from typing import Any

from backprop_client._sync.pages import Pages
from backprop_client._sync.predicting import predict
from backprop_client._sync.transport import Transport
from backprop_client.errors import PreconditionFailedError
from backprop_client.predictions import Predictions
from backprop_client.requests import Request, path_of
from backprop_client.types.models import Alias


class Aliases:
    """The aliases of the project: `client.aliases`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, page_size: int | None = None) -> Pages[Alias]:
        """Iterate over the aliases."""
        return Pages(self._transport, path_of("aliases"), {"limit": page_size}, Alias)

    def get(self, name: str) -> Alias:
        """Return an alias."""
        return Alias(self._transport.get(path_of("aliases", name)))

    def set(self, name: str, model_id: str, *, replaces: str | None = None) -> Alias:
        """Create an alias, or move it to another model, and return it.

        replaces: move the alias only if it names this model now; otherwise raise `PreconditionFailedError`.
        """
        headers = {} if replaces is None else {"If-Match": self._etag(name, replaces)}
        answer = self._transport.change("PUT", path_of("aliases", name), {"model_id": model_id}, headers=headers)
        return Alias(answer.json())

    def predict(self, name: str, rows: Any, *, explain: bool = False, interval: float | None = None) -> Predictions:
        """Predict rows with the model behind an alias, which `model_id` of the result names; see `models.predict`."""
        options = {"explain": explain or None, "interval": interval}
        return predict(self._transport, path_of("aliases", name, "predictions"), rows, options)

    def delete(self, name: str) -> None:
        """Delete an alias. Its model remains."""
        self._transport.delete(path_of("aliases", name))

    def _etag(self, name: str, model_id: str) -> str:
        answer = self._transport.send(Request(method="GET", path=path_of("aliases", name)))
        alias: Mapping[str, Any] = answer.json()
        if alias["model_id"] != model_id:
            detail = f"The alias {name} names {alias['model_id']}, not {model_id}."
            raise PreconditionFailedError(412, {"code": "precondition_failed", "detail": detail}, {})
        return answer.headers["ETag"]
