"""The query parameters that say how to read an uploaded file."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError

from api.http.errors import InvalidRequest
from api.http.uploads.sent_file import MULTIPART, charset_of, media_type
from tabular.readers.options import ReadOptions, column_values, missing_spellings

TABS = {"\\t": "\t", "tab": "\t"}  # spellings of a tab, which is hard to write in a URL


Delimiter = Annotated[str | None, Query(description="One character. Default: detected.")]
Header = Annotated[str, Query(pattern="^(auto|true|false)$", description="Whether the first row names the columns.")]
Encoding = Annotated[
    str | None,
    Query(description="Character encoding, such as windows-1252. Default: the charset of Content-Type, or detected."),
]
Missing = Annotated[
    str | None,
    Query(
        description="Comma-separated spellings of a missing value, besides the default ones. `only:` before the "
        "list replaces the default ones. Spellings with commas are in double quotes.",
        examples=["-999,n.d.", "only:?"],
    ),
]
Types = Annotated[
    str | None,
    Query(
        description="Comma-separated `column:type` pairs for columns whose type is not to be detected. Names with "
        "commas or colons are in double quotes.",
        examples=['zip:category,"Income, total":number'],
    ),
]
DateFormat = Annotated[
    str | None,
    Query(
        description="Comma-separated `column:pattern` pairs. Patterns are written as for strptime, or are `iso`, "
        "`epoch_s` or `epoch_ms`.",
        examples=["hired:%d/%m/%y"],
    ),
]
Decimal = Annotated[
    str, Query(pattern="^(auto|[.]|,)$", description="Decimal separator of all numbers. Default: detected per column.")
]


def read_options(  # noqa: PLR0913, PLR0917 - the query parameters
    request: Request,
    delimiter: Delimiter = None,
    header: Header = "auto",
    encoding: Encoding = None,
    missing: Missing = None,
    types: Types = None,
    date_format: DateFormat = None,
    decimal: Decimal = "auto",
) -> ReadOptions:
    """Return the options of a request. Raises `RequestValidationError`."""
    try:
        return ReadOptions(
            delimiter=TABS.get(delimiter or "", delimiter),
            header=header,
            encoding=encoding or _charset(request),
            missing=missing_spellings(missing),
            types=column_values(types, "types"),
            date_formats=column_values(date_format, "date_format"),
            decimal=decimal,
        )
    except ValueError as error:
        raise RequestValidationError([{"type": "value_error", "loc": ("query",), "msg": str(error)}]) from None


def _charset(request: Request) -> str | None:
    """Return the charset of the body, unless it is a form, whose file has a charset of its own."""
    content_type = request.headers.get("content-type", "")
    return None if media_type(content_type) == MULTIPART else charset_of(content_type)


def with_charset(options: ReadOptions, charset: str | None) -> ReadOptions:
    """Return the options with the charset of the file in a form. Raises `InvalidRequest`."""
    if options.encoding or not charset:
        return options
    try:
        return replace(options, encoding=charset)
    except ValueError as error:
        problem = {"pointer": "form file", "detail": f"The charset of the part: {error}."}
        raise InvalidRequest("The request has 1 error; see `errors`.", errors=[problem]) from None


ReadOptionsQuery = Annotated[ReadOptions, Depends(read_options)]
