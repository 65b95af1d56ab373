"""How to read a file, as query parameters of an upload."""

from collections.abc import Mapping, Sequence
from typing import Any

QUOTED = frozenset(',:"')


def read_parameters(
    *,
    header: bool | None,
    missing: str | Sequence[str] | None,
    types: str | Mapping[str, str] | None,
    date_format: str | Mapping[str, str] | None,
    **others: Any,
) -> dict[str, Any]:
    """Return the query parameters: text as it is, lists and mappings as the service reads them."""
    parameters = {
        "header": None if header is None else str(header).lower(),
        "missing": missing if isinstance(missing, str | None) else ",".join(map(quoted, missing)),
        "types": _pairs(types),
        "date_format": _pairs(date_format),
        **others,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def quoted(text: str) -> str:
    """Return a text in double quotes if it has a character with a meaning in lists."""
    return '"' + text.replace('"', '""') + '"' if QUOTED & set(text) else text


def _pairs(values: str | Mapping[str, str] | None) -> str | None:
    if values is None or isinstance(values, str):
        return values
    return ",".join(f"{quoted(name)}:{value}" for name, value in values.items())
