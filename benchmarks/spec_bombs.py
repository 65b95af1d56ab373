"""CPU time and memory of requests that are expensive on purpose: `./dev bench spec_bombs`.

Each is sent to the application in this process, so the time includes the test client. The answer must be 4xx.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api.app import create_app
from service.settings import Settings
from store.db.migrate import migrate

TABLE = "a,b\n" + "".join(f"{row},{'xy'[row % 2]}\n" for row in range(50))
JSON = {"Content-Type": "application/json"}


def bombs() -> Iterator[Any]:
    """Yield bodies of jobs with too much of something."""
    layer = {"type": "dense", "units": 8}
    nested: Any = layer
    for _ in range(25):
        nested = {"type": "residual", "layers": [nested]}
    for size in (10, 100, 1_000, 10_000, 40_000):
        yield {"dataset_id": "ds_1", "target": "b", **{f"field{number}": 1 for number in range(size)}}
        yield {"model": {"layers": [{"type": "unknown"}] * size}}
        yield {"model": {"layers": [layer] * size}}
        yield {"model": {"layers": [{"type": "dense", "units": 10**9}] * min(size, 1_000)}}
        yield {"model": {"layers": [nested] * min(size // 10, 500)}}
        yield {"features": [{"column": f"c{number}"} for number in range(size)]}
        yield {"features": [{"column": "a", "encoding": "none"}] * size}
        yield {"metadata": {f"k{number}": "v" for number in range(size)}}
        yield {"metadata": {"k": "v" * size * 10}}
        yield {"target": ["b"] * size}
        yield {"target": "b" * size * 10}
        yield {"name": "n" * size * 10}
        yield {"training": {f"x{number}": number for number in range(size)}}
        yield {"training": {"epochs": 10**size if size <= 100 else 10**15, "batch_size": -size}}
        yield {"training": {"schedule": {"type": "step", "milestones": list(range(size))}}}
        yield {"model": {"layers": [{"type": "dense", "units": "8", "activation": "x" * size}] * 10}}
        yield {"model": {"layers": [{"type": "residual", "layers": [{"type": "unknown"}] * size}]}}
        yield {"init_from": {"model_id": "mdl_1" * size}}
        yield {"training": {"validation": {"fraction": 0.5, "by": "group", "column": "c" * size}}}
        yield {"budget": {"cpu_seconds": size}, "priority": size, "sample_weight": "w" * size}


def main() -> None:
    """Send each body twice and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bombs.db"
        migrate(url)
        settings = Settings(data=Path(folder), database_url=url, redis_url="redis://127.0.0.1:1/0")
        with TestClient(create_app(settings), base_url="http://localhost") as client:
            csv = {"Content-Type": "text/csv"}
            dataset = client.post("/v1/datasets", content=TABLE, headers=csv).json()["id"]
            send(client, json.dumps({"dataset_id": dataset, "target": "none"}))
            before = memory()
            costs = [
                send(client, json.dumps({"dataset_id": dataset, "target": "b", **body}))
                for _ in range(rounds)
                for body in bombs()
            ]
            report(costs, memory() - before)


def send(client: TestClient, body: str) -> tuple[float, int, str]:
    """Return CPU seconds, status and a part of the body."""
    began = time.process_time()
    response = client.post("/v1/jobs", content=body, headers=JSON)
    return time.process_time() - began, response.status_code, body[40:120]


def memory() -> int:
    """Return the largest memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def report(costs: list[tuple[float, int, str]], growth: int) -> None:
    """Print a summary and the most expensive bodies."""
    milliseconds = sorted(cost * 1000 for cost, _, _ in costs)
    print(f"{len(costs)} requests, statuses {sorted({status for _, status, _ in costs})}")
    print(
        f"CPU ms: median {statistics.median(milliseconds):.1f}, p95 {milliseconds[len(costs) * 95 // 100]:.1f}, "
        f"largest {milliseconds[-1]:.1f}; memory grew by {growth} MiB"
    )
    for cost, status, body in sorted(costs, reverse=True)[:10]:
        print(f"{cost * 1000:8.1f} ms  {status}  {body}")


if __name__ == "__main__":
    main()
