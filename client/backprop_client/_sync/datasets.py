"""Data sets: upload, list, read and delete."""

# Generated from the same file in _async by client/generator; do not edit.

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backprop_client._sync import runtime, uploading
from backprop_client._sync.downloading import Progress, download
from backprop_client._sync.pages import Pages
from backprop_client._sync.transport import Transport
from backprop_client.paths import target_file
from backprop_client.read_options import read_parameters
from backprop_client.requests import path_of
from backprop_client.tables.payload import payload_of
from backprop_client.types import datasets as types


class Dataset(types.Dataset):
    """An uploaded table with its profile."""

    __slots__ = ("_datasets",)

    def __init__(self, datasets: "Datasets", data: Mapping[str, Any]) -> None:
        super().__init__(data)
        self._datasets = datasets

    def preview(self, rows: int = 20) -> types.Preview:
        """Return the first rows, at most 1,000, in the form in which rows are sent for prediction."""
        return self._datasets.preview(self.id, rows)

    def download(self, path: str | Path, *, progress: Progress | None = None) -> Path:
        """Save the table as Parquet, and return the file. `path` is a file or a folder."""
        return self._datasets.download(self.id, path, progress=progress)

    def delete(self) -> None:
        """Delete the data set. Raises `ConflictError` while a job needs it."""
        self._datasets.delete(self.id)


class Datasets:
    """The data sets of the project: `client.datasets`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload(  # noqa: PLR0913 - the parameters of the request
        self,
        table: Any,
        *,
        name: str | None = None,
        format: str | None = None,
        metadata: Mapping[str, str] | None = None,
        ttl_seconds: int | None = None,
        delimiter: str | None = None,
        header: bool | None = None,
        encoding: str | None = None,
        missing: str | Sequence[str] | None = None,
        types: str | Mapping[str, str] | None = None,
        date_format: str | Mapping[str, str] | None = None,
        decimal: str | None = None,
        idempotency_key: str | None = None,
        progress: uploading.Progress | None = None,
    ) -> Dataset:
        """Upload a table, and return the data set with the profile of its columns.

        table: the path of a file (CSV, Parquet, NDJSON or NPZ, also with `.gz`), a data frame of pandas or polars, a
            list of rows (each a mapping), a mapping of columns, or NumPy arrays as `{"x": x, "y": y}`. With `format`
            also bytes or an open binary file.
        name: default: the name of the file.
        metadata: text of your own, which lists can be filtered by.
        ttl_seconds: seconds until the data set expires; default: never.
        delimiter, header, encoding, missing, types, date_format, decimal: how to read the file; detected by default.
            `types={"zip": "category"}` and `date_format={"hired": "%d/%m/%y"}` name columns.
        progress: called with the bytes that were sent and the bytes in all.

        A file of more than 8 MiB is sent in parts, and goes on where it stopped after a lost connection. Raises
        `InvalidDatasetError` with all problems of the file.
        """
        parameters = read_parameters(
            name=name,
            metadata=metadata,
            ttl_seconds=ttl_seconds,
            delimiter=delimiter,
            header=header,
            encoding=encoding,
            missing=missing,
            types=types,
            date_format=date_format,
            decimal=decimal,
        )
        payload = runtime.in_thread(payload_of, table, format=format)
        with payload:
            parameters.setdefault("name", payload.name)
            data = uploading.upload(
                self._transport, payload, parameters, idempotency_key=idempotency_key, progress=progress
            )
        return Dataset(self, data)

    def list(
        self,
        *,
        created_after: str | None = None,
        metadata: Mapping[str, str] | None = None,
        page_size: int | None = None,
    ) -> Pages[Dataset]:
        """Iterate over the data sets, newest first; `metadata` selects those with these values."""
        parameters = {"created_after": created_after, "metadata": metadata, "limit": page_size}
        return Pages(self._transport, path_of("datasets"), parameters, self._make)

    def get(self, dataset_id: str) -> Dataset:
        """Return a data set."""
        return self._make(self._transport.get(path_of("datasets", dataset_id)))

    def preview(self, dataset_id: str, rows: int = 20) -> types.Preview:
        """Return the first rows of a data set, at most 1,000."""
        return types.Preview(self._transport.get(path_of("datasets", dataset_id, "preview"), {"rows": rows}))

    def download(self, dataset_id: str, path: str | Path, *, progress: Progress | None = None) -> Path:
        """Save a data set as Parquet, and return the file. `path` is a file or a folder."""
        target = target_file(path, f"{dataset_id}.parquet")
        return download(self._transport, path_of("datasets", dataset_id, "content"), target, progress=progress)

    def delete(self, dataset_id: str) -> None:
        """Delete a data set. Raises `ConflictError` while a job needs it."""
        self._transport.delete(path_of("datasets", dataset_id))

    def _make(self, data: Mapping[str, Any]) -> Dataset:
        return Dataset(self, data)
