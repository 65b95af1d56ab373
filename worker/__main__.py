"""Run a worker: ``python -m worker --concurrency 2``."""

import argparse
import logging
import multiprocessing
import os
import tempfile
import warnings
from typing import NoReturn

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before NumPy is imported: each job uses one core


def main() -> NoReturn:
    """Run until SIGTERM. Running jobs are then checkpointed and returned to the queue."""
    from service.logging import configure_logging  # noqa: PLC0415 - configured before the other imports
    from worker.app import app  # noqa: PLC0415 - imports NumPy

    parser = argparse.ArgumentParser(prog="worker", description="Train queued jobs.")
    parser.add_argument("--concurrency", type=int, default=os.cpu_count() or 1, help="number of jobs to run at once")
    arguments = parser.parse_args()
    configure_logging()
    use_no_temporary_folder()
    warnings.filterwarnings("ignore", "You're running the worker with superuser privileges")  # up to the operator
    app.worker_main(
        [
            "--quiet",
            "worker",
            "--pool=prefork",
            f"--concurrency={arguments.concurrency}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "--loglevel=WARNING",
        ]
    )
    logging.shutdown()
    os._exit(0)  # a normal exit takes 0.25 s longer and frees only what the kernel frees anyway


def use_no_temporary_folder() -> None:
    """Place shared memory files directly in the temporary folder, where they are unlinked as soon as they are open.

    By default `multiprocessing`, on which Celery's pool is built, makes a folder `pymp-*` for them. It removes that
    folder when the interpreter exits, which `os._exit` and SIGKILL prevent.
    """
    multiprocessing.current_process()._config["tempdir"] = tempfile.gettempdir()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public setting


if __name__ == "__main__":
    main()
