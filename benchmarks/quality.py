"""Measure the quality of models with default settings: five splits of each table, scored on held-out rows.

./dev bench quality http://127.0.0.1:8000 FILE.csv [FILE.csv ...]
"""

import csv
import io
import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

SPLITS = 5
HELD_OUT = 0.2
MISSING = {"", "?", "NA", "N/A", "NaN", "null", "NULL"}


def main(url: str, *files: str) -> None:
    """Print a line for each file."""
    print(f"{'table':<16}{'rows':>8}{'score':>20}{'baseline':>10}{'seconds':>10}")
    with httpx.Client(base_url=url, timeout=120) as client:
        for file in files:
            results = [score(client, Path(file), seed) for seed in range(SPLITS)]
            kind, rows = results[0][0], results[0][1]
            mean, baseline, seconds = (statistics.mean(result[at] for result in results) for at in (2, 3, 4))
            print(f"{Path(file).stem:<16}{rows:>8}{kind:>12}{mean:>8.4f}{baseline:>10.4f}{seconds:>10.2f}", flush=True)


def score(client: httpx.Client, file: Path, seed: int) -> tuple[str, int, float, float, float]:
    """Train on 80 % of the rows and score on the rest; return kind, rows, score, baseline score and seconds."""
    rows = [[cell.strip() for cell in row] for row in csv.reader(file.open(newline="")) if row]
    head = rows.pop(0) if not any(_is_number(cell) for cell in rows[0]) else None
    random.Random(seed).shuffle(rows)
    cut = int(len(rows) * HELD_OUT)
    began = time.monotonic()
    job, names = _train(client, head, rows[cut:])
    seconds = time.monotonic() - began
    held_out = [dict(zip(names, row, strict=True)) for row in rows[:cut]]
    truth = [row.pop(names[-1]) for row in held_out]
    predictions = _predict(client, job["model_id"], [_typed(row) for row in held_out])
    known = [row[-1] for row in rows[cut:]]
    if job["spec"]["task"] == "classification":
        most_common = Counter(known).most_common(1)[0][0]
        is_correct = [str(p["label"]) == t for p, t in zip(predictions, truth, strict=True)]
        return (
            "accuracy",
            len(rows),
            statistics.mean(is_correct),
            statistics.mean(t == most_common for t in truth),
            seconds,
        )
    return "R2", len(rows), _r2([p["value"] for p in predictions], [float(t) for t in truth]), 0.0, seconds


def _train(client: httpx.Client, head: list[str] | None, rows: list[list[str]]) -> tuple[dict[str, Any], list[str]]:
    text = io.StringIO()
    csv.writer(text).writerows(([head] if head else []) + rows)
    answer = client.post("/v1/datasets", content=text.getvalue(), headers={"Content-Type": "text/csv"})
    dataset = answer.raise_for_status().json()
    names = [column["name"] for column in dataset["columns"]]
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": names[-1]}).raise_for_status().json()
    while job["state"] in {"queued", "running"}:
        time.sleep(0.05)
        job = client.get(job["links"]["self"]).raise_for_status().json()
    if job["state"] != "succeeded":
        raise SystemExit(f"{job['id']}: {job['state']}: {job['error']}")
    return job, names


def _predict(client: httpx.Client, model_id: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    predictions: list[dict[str, Any]] = []
    for at in range(0, len(rows), 1000):
        answer = client.post(f"/v1/models/{model_id}/predictions", json={"rows": rows[at : at + 1000]})
        predictions += answer.raise_for_status().json()["predictions"]
    return predictions


def _typed(row: dict[str, str]) -> dict[str, Any]:
    return {name: None if cell in MISSING else float(cell) if _is_number(cell) else cell for name, cell in row.items()}


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _r2(predicted: list[float], true: list[float]) -> float:
    mean = statistics.mean(true)
    residual = sum((t - p) ** 2 for t, p in zip(true, predicted, strict=True))
    return 1 - residual / sum((t - mean) ** 2 for t in true)


if __name__ == "__main__":
    main(*sys.argv[1:])
