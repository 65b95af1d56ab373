"""The webhooks of the document: what this service sends to a registered URL."""

from typing import Any

WEBHOOKS: dict[str, Any] = {}
