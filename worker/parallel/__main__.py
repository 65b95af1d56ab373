"""One process of a job: ``mpiexec -n 2 python -m worker.parallel JOB FENCE WORKER``."""

import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"  # before NumPy is imported: each process uses one core


def main() -> None:
    """Run until the job ends or leaves this worker."""
    from worker.parallel.process import run  # noqa: PLC0415 - imports NumPy

    run()


if __name__ == "__main__":
    main()
