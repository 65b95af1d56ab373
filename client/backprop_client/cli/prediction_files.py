"""Predictions beside their rows: CSV, NDJSON or JSON, by the name of the file."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def merged(rows: Sequence[Row], predictions: Sequence[Any]) -> list[Row]:
    """Return each row with its prediction in new columns, whose names no column of the file has.

    A forecast has one prediction for each series: its row is the point in time after which it is.
    """
    if len(rows) != len(predictions) or any(each.after for each in predictions):
        rows = [each.after or {} for each in predictions]
    taken = {name for row in rows for name in row}
    found = [columns_of(each) for each in predictions]
    names = {name: _free(name, taken) for each in found for name in each}
    added = [{names[name]: value for name, value in each.items()} for each in found]
    return [{**row, **columns} for row, columns in zip(rows, added, strict=True)]


def columns_of(prediction: Any) -> Row:
    """Return a prediction as columns: `prediction`, its `probability`, interval, set and contributions."""
    if prediction.targets:
        parts = {target: columns_of(each) for target, each in prediction.targets.items()}
        return {f"{target} {name}": value for target, each in parts.items() for name, value in each.items()}
    columns: Row = {"prediction": prediction.label if prediction.value is None else _rounded(prediction.value)}
    if prediction.probabilities and prediction.label in prediction.probabilities:
        columns["probability"] = round(prediction.probabilities[prediction.label], 4)
    if prediction.interval is not None:
        columns |= {"low": _rounded(prediction.interval.low), "high": _rounded(prediction.interval.high)}
    if getattr(prediction, "set", None):
        columns["set"] = "|".join(prediction.set)
    for name, value in (prediction.contributions or {}).items():
        columns[f"contribution of {name}"] = _rounded(value)
    return columns


def write(path: Path, rows: Sequence[Row]) -> None:
    """Write rows in the format that the file's name says; CSV if it says nothing."""
    if path.suffix == ".json":
        text = json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n"
    elif path.suffix in {".ndjson", ".jsonl"}:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        text = as_csv(rows)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="")
    part.replace(path)


def as_csv(rows: Sequence[Row]) -> str:
    """Return rows as CSV with the columns of all rows, in the order in which they appear."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _rounded(value: float) -> float:
    """Return a number with the digits that a model can mean."""
    return float(f"{value:.6g}")
