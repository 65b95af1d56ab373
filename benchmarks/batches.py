"""Predict a data set as a batch, and compare the worker with the bare network on the same rows.

    ./dev bench batches [--rows 1000000] [--format csv]

The table has ten columns of numbers, the network 64 and 32 units, and the database is SQLite. Each run is a process of
its own with one thread for matrix products, as in a worker. It prints the rows per second of the worker (from the claim
to the stored result), those of the bare network, which only multiplies inputs that are in memory, their ratio, and the
peak memory of the process before and with the batch.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import duckdb

from service.limits import ServiceLimits
from service.predictions.loaded_models import LoadedModels
from service.settings import Settings
from service.uploads import dataset_uploads
from service.uploads.dataset_request import DatasetRequest
from service.uploads.uploaded_file import UploadedFile
from store import batches
from store.artifacts import datasets
from store.artifacts.blob_files import as_file
from store.db.migrate import migrate
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT
from tabular.readers.options import ReadOptions
from tabular.table import read_table
from tests.support.servers import RedisServer, valkey_binary
from tests.support.worker_fixture import make_worker_fixture
from worker.runner import Runner

COLUMNS = 10
TRAINING_ROWS = 2_000
BLOCK_ROWS = 65_536
REPETITIONS = 3


def main() -> None:
    """Make the tables, run the batch several times, and print the best run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    options = parser.parse_args()
    server = RedisServer(valkey_binary()).start()
    try:
        with tempfile.TemporaryDirectory() as name:
            batch = in_process(make_tables, Path(name), server.url, options.rows, options.format)
            print(f"{'rows':>10}{'worker rows/s':>15}{'bare rows/s':>13}{'ratio':>7}{'cpu s':>7}", end="")
            print(f"{'MB before':>11}{'MB peak':>9}")
            for _ in range(options.repetitions):
                report(options.rows, in_process(predict, Path(name), server.url, batch))
    finally:
        server.destroy()


def report(rows: int, found: dict[str, float]) -> None:
    """Print one run."""
    worker, bare = rows / found["seconds"], rows / found["bare_seconds"]
    print(
        f"{rows:>10,}{worker:>15,.0f}{bare:>13,.0f}{worker / bare:>7.2f}{found['cpu_seconds']:>7.1f}"
        f"{found['before']:>11,.0f}{found['peak']:>9,.0f}",
        flush=True,
    )


def in_process(function: Any, *arguments: Any) -> Any:
    """Call a function in a new process and return its result."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def make_tables(folder: Path, redis_url: str, rows: int, file_format: str) -> dict[str, Any]:
    """Upload both tables and train the network; return what the batch is created with."""
    migrate(f"sqlite:///{folder / 'x.sqlite3'}")
    worker = make_worker(folder, redis_url)
    small = upload(worker, folder, TRAINING_ROWS)
    layers = [{"type": "dense", "units": units, "activation": "relu"} for units in (64, 32)]
    job = worker.train(small, target="y", model={"layers": layers}, training={"epochs": 2})
    large = upload(worker, folder, rows)
    worker.close()
    return {"model_id": job.model_id, "dataset_id": large, "format": file_format}


def upload(worker: Any, folder: Path, rows: int) -> str:
    """Store a table of random numbers; return its id."""
    path = folder / "upload.parquet"
    numbers = ", ".join(f"random() AS x{place}" for place in range(COLUMNS))
    table = f"SELECT *, x0 + x1 * x2 AS y FROM (SELECT {numbers} FROM range({rows}))"
    duckdb.execute(f"COPY ({table}) TO '{path}' (FORMAT parquet)")
    size = path.stat().st_size
    media_type = "application/vnd.apache.parquet"
    file = UploadedFile(path=path, bytes=size, sha256="0" * 64, filename="x.parquet", media_type=media_type)
    stored = dataset_uploads.store_table(worker.sessions, ServiceLimits(), file, ReadOptions())
    with transaction(worker.sessions) as tx:
        return dataset_uploads.create(tx, ServiceLimits(), DEFAULT_PROJECT, DatasetRequest(), stored).id


def predict(folder: Path, redis_url: str, batch: dict[str, Any]) -> dict[str, float]:
    """Create the batch and run it; then let the bare network predict the same rows."""
    worker = make_worker(folder, redis_url)
    batch_id = worker.queue_batch(**batch)
    runner = Runner(worker.context())
    before, began = peak_memory(), time.perf_counter()
    runner.run_all()
    seconds, peak = time.perf_counter() - began, peak_memory()
    ended = worker.batch(batch_id)
    if ended.state != "succeeded":
        raise SystemExit(f"The batch has failed: {ended.error}")
    model = LoadedModels(worker.sessions).get(DEFAULT_PROJECT, batch["model_id"])
    bare = bare_seconds(worker, model, batch["dataset_id"])
    with transaction(worker.sessions) as tx:
        batches.remove(tx, DEFAULT_PROJECT, batch_id)
    worker.close()
    cpu = ended.cpu_seconds
    return {"seconds": seconds, "cpu_seconds": cpu, "before": before, "peak": peak, "bare_seconds": bare}


def bare_seconds(worker: Any, model: Any, dataset_id: str) -> float:
    """Return how long the network takes for inputs that are in memory, block by block."""
    with snapshot(worker.sessions) as tx:
        dataset = datasets.get_of_job(tx, dataset_id)
    (bag,) = model.bags
    seconds = 0.0
    with as_file(worker.sessions, dataset.blob_id) as path:
        for at in range(0, dataset.rows, BLOCK_ROWS):
            table = read_table(path, [column.name for column in model.input_columns], range(at, at + BLOCK_ROWS))
            x = bag.preprocessor.transform(table, dtype=bag.dtype)
            began = time.perf_counter()
            bag.networks[0].predict(x)
            seconds += time.perf_counter() - began
    return seconds


def make_worker(folder: Path, redis_url: str) -> Any:
    """Create a worker with the default settings."""
    settings = Settings(data=folder, database_url=f"sqlite:///{folder / 'x.sqlite3'}", redis_url=redis_url)
    return make_worker_fixture(settings, folder)


def peak_memory() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
