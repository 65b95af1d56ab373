"""/v1/models/{id}/predictions: rows as they stand in the file are answered as typed rows are."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.api import train
from tests.support.typed_files import write_parquet

ROWS = 40
QUERY = """
    SELECT '€' || (n % 7 + 1) || '.50' AS price, TIMESTAMP '2024-02-01' + INTERVAL 6 HOUR * n AS at, n % 3 AS pieces,
    CASE WHEN n % 7 > 3 THEN 'high' ELSE 'low' END AS kind FROM range(40) r(n)
"""
MEDIA_TYPES = {"csv": "text/csv", "ndjson": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}

Rows = list[dict[str, Any]]


def labels(n: int) -> str:
    return "high" if n % 7 > 3 else "low"


def csv_file(_folder: Path) -> tuple[bytes, Rows, Rows]:
    lines = [f"{1000 + n % 7},50 kg;{n % 28 + 1}.2.24;{n % 24}:05;{labels(n)}" for n in range(ROWS)]
    text = "\n".join(["weight;day;at;kind", *lines])
    typed = [
        {"weight": 1000.5 + n % 7, "day": f"2024-02-{n % 28 + 1:02}", "at": f"1970-01-01T{n % 24:02}:05:00Z"}
        for n in range(ROWS)
    ]
    return text.encode(), list(csv.DictReader(io.StringIO(text), delimiter=";")), typed


def ndjson_file(_folder: Path) -> tuple[bytes, Rows, Rows]:
    typed = [{"a": n % 7 + 0.25, "day": f"2024-02-{n % 28 + 1:02}", "paid": n % 3 == 0} for n in range(ROWS)]
    texts = [{"a": f"{n % 7},25", "day": f"{n % 28 + 1}/02/2024", "paid": n % 3 == 0} for n in range(ROWS)]
    rows = [json.dumps({**row, "kind": labels(n)}) for n, row in enumerate(texts)]
    return "\n".join(rows).encode(), texts, typed


def parquet_file(folder: Path) -> tuple[bytes, Rows, Rows]:
    times = [f"2024-02-{1 + n // 4:02}T{n % 4 * 6:02}:00:00" for n in range(ROWS)]
    texts = [{"price": f"€{n % 7 + 1}.50", "at": times[n], "pieces": str(n % 3)} for n in range(ROWS)]
    typed = [{"price": n % 7 + 1.5, "at": f"{times[n]}Z", "pieces": n % 3} for n in range(ROWS)]
    return write_parquet(folder / "a.parquet", QUERY).read_bytes(), texts, typed


@pytest.mark.parametrize("make", [csv_file, ndjson_file, parquet_file])
def test_rows_of_the_file_are_answered_as_typed_rows(
    client: TestClient,
    work: Callable[[], None],
    tmp_path: Path,
    make: Callable[[Path], tuple[bytes, Rows, Rows]],
) -> None:
    content, texts, typed = make(tmp_path)
    headers = {"Content-Type": MEDIA_TYPES[make.__name__.removesuffix("_file")]}
    dataset = client.post("/v1/datasets", content=content, headers=headers).json()
    job = train(client, work, {"dataset_id": dataset["id"], "target": "kind", "training": {"epochs": 2}})
    url = f"{job['links']['model']}/predictions"
    without_target = [{name: value for name, value in row.items() if name != "kind"} for row in texts]
    answers = [client.post(url, json={"rows": rows}).json()["predictions"] for rows in (without_target, typed)]
    assert answers[0] == answers[1]
    assert len({answer["probabilities"]["high"] for answer in answers[0]}) > 10
