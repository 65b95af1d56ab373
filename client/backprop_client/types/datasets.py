"""What the service answers: datasets."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any

from backprop_client.record import Record
from backprop_client.types.shared import ServiceWarning


class Dataset(Record):
    """An uploaded table with its profile."""

    __slots__ = ()
    id: str
    name: str
    rows: int
    bytes: int
    """Size of the file after decompression."""
    sha256: str
    """SHA-256 of the file after decompression."""
    format: str
    columns: list[dict[str, Any]]
    """Name, type (number, category, boolean, datetime or text) and statistics of each column, and `format` if its
    values are not written as in a program. Lists leave out `histogram`.
    """
    reading: dict[str, Any] | None
    """How the file was read: encoding, delimiter, header, skipped lines, missing spellings. Null for data sets of
    older versions.
    """
    warnings: list[ServiceWarning]
    created_at: str
    expires_at: str | None
    metadata: dict[str, str]


class Preview(Record):
    """The first rows of a data set."""

    __slots__ = ()
    rows: list[dict[str, Any]]
    """Values by column, as rows are sent for prediction: numbers, booleans, texts of at most 1,000 characters,
    times in UTC, null for missing values. Fewer rows than requested if they are large.
    """
    total: int
    """Number of all rows."""
    shape: list[int] | None
    """Shape of the array `x` of an NPZ file. Each position of a row is a column, such as x_0_27 in the shape
    [60000, 28, 28]. Null for other formats.
    """


class Upload(Record):
    """A resumable upload."""

    __slots__ = ()
    id: str
    bytes: int
    """How many bytes have arrived."""
    length: int | None
    """Size of the whole file, if it was sent."""
    complete: bool
    """Whether the whole file has arrived and was read."""
    dataset_id: str | None
    """The data set that the file became."""
    created_at: str
    expires_at: str
