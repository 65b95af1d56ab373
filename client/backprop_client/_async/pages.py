"""Lists of the service, which arrive page by page."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Generic, TypeVar

from backprop_client._async.transport import AsyncTransport
from backprop_client.requests import Parameters

Item = TypeVar("Item")


class AsyncPages(Generic[Item]):
    """All items of a list, newest first. Iterating requests the next page when it is needed."""

    def __init__(
        self,
        transport: AsyncTransport,
        path: str,
        parameters: Parameters,
        make: Callable[[Mapping[str, Any]], Item],
    ) -> None:
        self._transport = transport
        self._path = path
        self._parameters = parameters
        self._make = make

    async def __aiter__(self) -> AsyncIterator[Item]:
        cursor: str | None = None
        while True:
            page = await self._transport.get(self._path, {**self._parameters, "cursor": cursor})
            for data in page["data"]:
                yield self._make(data)
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    async def first(self) -> Item | None:
        """Return the newest item; None if the list is empty."""
        page = await self._transport.get(self._path, {**self._parameters, "limit": 1})
        return self._make(page["data"][0]) if page["data"] else None
