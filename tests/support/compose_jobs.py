"""Train two jobs on two workers through the API of the composed service.

`./dev compose-check` runs this script inside the api container, so it uses the standard library only. Each worker has
one slot: two jobs that run in parallel prove that both workers take jobs.
"""

import json
import os
import sys
import time
from typing import Any
from urllib.request import Request, urlopen

LIMIT_SECONDS = 120.0
ROWS = 7000


def main() -> int:
    """Return 0 if two jobs ran in parallel and the model predicts correctly."""
    dataset = call("/datasets?name=check", table().encode(), "text/csv")
    body = {"dataset_id": dataset["id"], "target": "answer", "training": {"epochs": 200}}
    jobs = wait_for_end([call("/jobs", json.dumps(body).encode()) for _ in range(2)])
    for job in jobs:
        print(job["id"], job["state"], job["started_at"], job["finished_at"])
    if any(job["state"] != "succeeded" for job in jobs):
        return 1
    ran_in_parallel = max(job["started_at"] for job in jobs) < min(job["finished_at"] for job in jobs)
    rows = json.dumps({"rows": [{"size": 1}, {"size": 6}]}).encode()
    predictions = call(f"/models/{jobs[0]['model_id']}/predictions", rows)["predictions"]
    labels = [prediction["label"] for prediction in predictions]
    print("in parallel:", ran_in_parallel, "predicted:", labels)
    return 0 if ran_in_parallel and labels == ["no", "yes"] else 1


def table() -> str:
    """Return a CSV file whose answer follows from the size."""
    lines = (f"{n % 7},{'yes' if n % 7 > 3 else 'no'}\n" for n in range(ROWS))
    return "size,answer\n" + "".join(lines)


def wait_for_end(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Poll the jobs until all have ended or the time limit is reached."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while any(job["state"] in ("queued", "running") for job in jobs) and time.monotonic() < deadline:
        time.sleep(0.5)
        jobs = [call(f"/jobs/{job['id']}") for job in jobs]
    return jobs


def call(path: str, body: bytes | None = None, content_type: str = "application/json") -> Any:
    """Send a request to the API and return the JSON of its response."""
    headers = {"Authorization": f"Bearer {os.environ['BACKPROP_API_KEY']}", "Content-Type": content_type}
    with urlopen(Request(f"http://127.0.0.1:8000/v1{path}", body, headers), timeout=30) as response:
        return json.load(response)


if __name__ == "__main__":
    sys.exit(main())
