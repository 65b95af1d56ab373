"""Train a job and predict through a running service, as its users do."""

import time
from typing import Any

import httpx

from benchmarks.scoring.in_process import score_answers, unseen_rows
from benchmarks.scoring.results import Result
from benchmarks.scoring.tables import Split

ROWS = 5_000  # in one request
POLL_SECONDS = 30


def score(url: str, split: Split, request: dict[str, Any]) -> Result:
    """Upload the rows to train on, train a job, and score its predictions for the unseen rows."""
    with httpx.Client(base_url=url, timeout=300) as client:
        answer = client.post("/v1/datasets?header=true", content=split.csv(), headers={"Content-Type": "text/csv"})
        dataset = answer.raise_for_status().json()
        started = time.monotonic()
        job = _train(client, {"dataset_id": dataset["id"], "target": split.target, "task": split.task} | request)
        seconds = time.monotonic() - started
        answers = _predict(client, job["model_id"], unseen_rows(split))
        client.delete(job["links"]["self"])
    spent = (job.get("actual") or {}).get("cpu_seconds") or seconds
    task = job["spec"]["task"]
    return Result(task=task, score=score_answers(task, answers, split), cpu_seconds=spent)


def _train(client: httpx.Client, request: dict[str, Any]) -> dict[str, Any]:
    job: dict[str, Any] = client.post("/v1/jobs", json=request).raise_for_status().json()
    while job["state"] in {"queued", "running"}:
        wait = {"Prefer": f"wait={POLL_SECONDS}"}
        job = client.get(f"{job['links']['self']}?until=ended", headers=wait).raise_for_status().json()
    if job["state"] != "succeeded":
        raise SystemExit(f"{job['id']}: {job['state']}: {job['error']}")
    return job


def _predict(client: httpx.Client, model_id: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for start in range(0, len(rows), ROWS):
        answer = client.post(f"/v1/models/{model_id}/predictions", json={"rows": rows[start : start + ROWS]})
        found += answer.raise_for_status().json()["predictions"]
    return found
