"""Rows of a local file, to be predicted: CSV, NDJSON and JSON, also compressed with gzip."""

import csv
import gzip
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backprop_client.cli.command import UsageError

DELIMITERS = ",;\t|"
STANDARD_INPUT = "-"
Row = dict[str, Any]


def read_rows(file: str) -> list[Row]:
    """Return the rows of a file; `-` is standard input, which is CSV or NDJSON.

    Raises:
        UsageError: the file cannot be read, has no rows, or has another format.
    """
    data = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
    name = file.lower()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
        name = name.removesuffix(".gz")
    if data[:4] == b"PAR1":
        raise UsageError(f"{file} is a Parquet file. Rows to predict can be CSV, NDJSON or JSON.")
    rows = _reader(name, data)(_text(file, data))
    if not rows:
        raise UsageError(f"{file} has no rows.")
    return rows


def _reader(name: str, data: bytes) -> Callable[[str], list[Row]]:
    start = data.lstrip()[:1]
    if name.endswith(".json") or (start == b"[" and not name.endswith(".csv")):
        return _json
    if name.endswith((".ndjson", ".jsonl")) or start == b"{":
        return _ndjson
    return _csv


def _text(file: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8. Save it as UTF-8 and try again.") from None


def _csv(text: str) -> list[Row]:
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[Row] = []
    for row in reader:
        if None in row or None in row.values():
            raise UsageError(
                f"Line {reader.line_num} does not have {len(reader.fieldnames or [])} values, as the header has."
            )
        rows.append(dict(row))
    return rows


def _ndjson(text: str) -> list[Row]:
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            rows.append(_object(line, f"Line {number}"))
    return rows


def _json(text: str) -> list[Row]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"This is no JSON: {error}.") from None
    rows = found.get("rows", [found]) if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError('A JSON file of rows is a list of objects, or {"rows": [...]}.')
    return rows


def _object(line: str, place: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{place} is no JSON: {error}.") from None
    if not isinstance(row, dict):
        raise UsageError(f"{place} is no JSON object.")
    return row
