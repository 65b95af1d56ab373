"""Read a stream of server-sent events, line by line."""

import json
from collections.abc import Mapping
from typing import Any


class EventParser:
    """Collect lines until an event is complete.

    Follows the WHATWG's HTML standard, 9.2.6, except that events without data are skipped as it says and `retry` is
    ignored. The data of each event is a JSON object.
    """

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def feed(self, line: str) -> Mapping[str, Any] | None:
        """Take the next line, without its end; return `id`, `type`, `at` and `data` if it completes an event."""
        if line:
            self._take(line)
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        data = json.loads(fields["data"])
        at = data.pop("at", None)
        return {"id": int(fields.get("id", "0")), "type": fields.get("event", "message"), "at": at, "data": data}

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and "data" in self._fields:
            value = f"{self._fields['data']}\n{value}"
        if name:
            self._fields[name] = value
