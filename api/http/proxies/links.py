"""Links in JSON bodies, which begin with `/v1`, below the path under which a proxy serves the service."""

import json
from typing import Any


def with_prefix(body: bytes, prefix: str) -> bytes:
    """Return a JSON body whose links begin with the prefix: those of a resource, or of each in a list."""
    value = json.loads(body)
    if not isinstance(value, dict):
        return body
    listed = value.get("data")
    for resource in [value, *(listed if isinstance(listed, list) else ())]:
        if isinstance(resource, dict):
            _prefix_links(resource, prefix)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _prefix_links(resource: dict[str, Any], prefix: str) -> None:
    """Change the values of `links`, and the URL of a model's weights."""
    links = resource.get("links")
    if isinstance(links, dict):
        resource["links"] = {name: _prefixed(link, prefix) for name, link in links.items()}
    weights = resource.get("weights")
    if isinstance(weights, dict) and "url" in weights:
        resource["weights"] = {**weights, "url": _prefixed(weights["url"], prefix)}


def _prefixed(link: Any, prefix: str) -> Any:
    return f"{prefix}{link}" if isinstance(link, str) and link.startswith("/") else link
