"""What the sender of a file can say about how to read it, and how this is written in a query."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field

from tabular.profile import COLUMN_TYPES
from tabular.readers.encodings import check_encoding
from tabular.readers.values.date_patterns import check_pattern

MISSING = ("", "?", "NA", "N/A", "NaN", "null", "NULL")
HEADERS = ("auto", "true", "false")
DECIMALS = ("auto", ".", ",")
ONLY = "only:"  # before a list of missing spellings that replaces the default ones


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """What the sender knows about the file. What is not given is detected.

    delimiter: one character; None detects comma, semicolon, tab or bar.
    header: "auto", "true" or "false".
    encoding: name of a character encoding.
    missing: spellings that mean "no value". An empty cell always does.
    types: column name to type.
    date_formats: column name to pattern, as in `strptime`; or iso, epoch_s, epoch_ms.
    decimal: "auto", "." or ",".
    """

    delimiter: str | None = None
    header: str = "auto"
    encoding: str | None = None
    missing: tuple[str, ...] = MISSING
    types: dict[str, str] = field(default_factory=dict)
    date_formats: dict[str, str] = field(default_factory=dict)
    decimal: str = "auto"

    def __post_init__(self) -> None:
        """Raise ValueError with a sentence for the sender."""
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in '"\r\n\0'):
            raise ValueError("delimiter is one character, such as a comma, a semicolon or a tab")
        if self.header not in HEADERS:
            raise ValueError("header is auto, true or false")
        if self.decimal not in DECIMALS:
            raise ValueError("decimal is auto, a point or a comma")
        if self.encoding is not None:
            check_encoding(self.encoding)
        if any("\0" in spelling for spelling in self.missing):
            raise ValueError("missing: a spelling has a NUL character, which is not valid text")
        for name, kind in self.types.items():
            if kind not in COLUMN_TYPES:
                raise ValueError(f"types: {name!r} is given the type {kind!r}; use one of {', '.join(COLUMN_TYPES)}")
        for pattern in self.date_formats.values():
            check_pattern(pattern)


def missing_spellings(text: str | None) -> tuple[str, ...]:
    """Return the spellings that the query parameter `missing` names, besides the default ones unless `only:`."""
    if text is None:
        return MISSING
    if text.startswith(ONLY):
        return tuple(dict.fromkeys(split_list(text.removeprefix(ONLY))))
    return tuple(dict.fromkeys((*MISSING, *split_list(text))))


def column_values(text: str | None, parameter: str) -> dict[str, str]:
    """Return column names and values of a query parameter such as `types`: a comma list of column:value.

    Raises:
        ValueError: an entry has no colon.
    """
    values = {}
    for entry in _entries(text or ""):
        name, colon, value = _name_and_value(entry)
        if not colon:
            raise ValueError(f"{parameter} is a comma list of column:value; {entry!r} has no colon")
        values[name] = value
    return values


def _entries(text: str) -> list[str]:
    """Split at the commas outside of double quotes; quotes stay."""
    entries, quoted = [""], False
    for character in text:
        quoted ^= character == '"'
        if character == "," and not quoted:
            entries.append("")
        else:
            entries[-1] += character
    return [entry for entry in entries if entry.strip()]


def _name_and_value(entry: str) -> tuple[str, str, str]:
    """Return name, colon and value; a name in quotes may hold colons, so may the value after a plain name."""
    entry = entry.strip()
    if entry.startswith('"'):
        end = 1
        while (end := entry.find('"', end)) >= 0 and entry[end : end + 2] == '""':
            end += 2
        name, rest = entry[1:end].replace('""', '"'), entry[end + 1 :]
        return name, rest[:1] if rest.startswith(":") else "", rest[1:].strip()
    for separator in (":%", ":epoch_", ":iso"):  # a pattern may hold colons itself
        if separator in entry:
            name, value = entry.split(separator, 1)
            return name, ":", separator[1:] + value
    name, colon, value = entry.rpartition(":")
    return name, colon, value


def split_list(text: str) -> list[str]:
    """Return the values of a comma list, in which values with commas or line breaks are in double quotes.

    Raises:
        ValueError: a line break is outside of double quotes.
    """
    try:
        return next(csv.reader([text])) or [""]
    except csv.Error:
        raise ValueError("missing is a comma list; put a spelling with a line break in double quotes") from None


def listed(value: str) -> str:
    """Return a value or column name as it is written in a query parameter."""
    return '"' + value.replace('"', '""') + '"' if any(character in value for character in ',":') else value


def for_columns(parameter: str, names: Sequence[str], value: str) -> str:
    """Return a query parameter that gives a value to columns, such as ?types=price:number."""
    return f"?{parameter}=" + ",".join(f"{listed(name)}:{value}" for name in names)
