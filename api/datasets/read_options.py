"""The query parameters that say how to read an uploaded file."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.exceptions import RequestValidationError

from tabular.readers.options import MISSING, ReadOptions

TABS = {"\\t": "\t", "tab": "\t"}  # spellings of a tab, which is hard to write in a URL


def read_options(
    delimiter: Annotated[str | None, Query(description="One character. Default: detected.")] = None,
    header: Annotated[
        str, Query(pattern="^(auto|true|false)$", description="Whether the first line names the columns.")
    ] = "auto",
    missing: Annotated[
        str | None, Query(description="Comma-separated spellings of a missing value, instead of the default ones.")
    ] = None,
    types: Annotated[
        str | None, Query(description="Comma-separated `column:type` pairs for columns whose type is not detected.")
    ] = None,
) -> ReadOptions:
    """Return the options of a request. Raises `RequestValidationError`."""
    try:
        return ReadOptions(
            delimiter=TABS.get(delimiter or "", delimiter),
            header=header,
            missing=MISSING if missing is None else tuple(missing.split(",")),
            types=dict(_column_type(pair) for pair in types.split(",")) if types else {},
        )
    except ValueError as error:
        raise RequestValidationError([{"type": "value_error", "loc": ("query",), "msg": str(error)}]) from None


def _column_type(pair: str) -> tuple[str, str]:
    name, colon, kind = pair.rpartition(":")
    if not colon:
        raise ValueError(f"types must be a comma-separated list of column:type; {pair!r} is not of this form")
    return name, kind


ReadOptionsQuery = Annotated[ReadOptions, Depends(read_options)]
