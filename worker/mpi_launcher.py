"""Start the processes of a claimed job with `mpiexec`, and wait until they end."""

import contextlib
import logging
import os
import subprocess
import sys

from engine.training.parallel.mpiexec import INSTALL, find_mpiexec
from service.settings import Settings
from store.tables import Job
from worker.attempt.outcomes import Failed, Outcome, WorkerLost
from worker.context import WorkerContext
from worker.held_lease import HeldLease

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
DRAIN = b"drain\n"  # what process 0 reads when the worker stops
OF_ANOTHER_LAUNCHER = ("PMI_", "PMIX_", "HYDI_")  # variables of an MPI program that started this worker
NOT_INSTALLED = Failed(
    code="internal",
    detail=f"This job needs MPI, which its worker does not have. Run `{INSTALL}` there, or set `processes` to 1.",
)


def processes_of(job: Job) -> int:
    """Return the number of processes that a job needs."""
    return job.processes if job.kind == "job" else 1


class ProcessLauncher:
    """Starts the processes of jobs for one worker process, which keeps the lease while they start and run."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context

    def run(self, job: Job, held_lease: HeldLease) -> Outcome | None:
        """Run the job in processes of its own. Return None if they have written its outcome.

        If one of them dies, `mpiexec` ends the others. The job then counts as one of a lost worker.
        """
        mpiexec = find_mpiexec()
        if mpiexec is None:
            return NOT_INSTALLED
        command = [mpiexec, *_options(self._context.settings, job.processes), sys.executable, "-P", "-m"]
        command += ["worker.parallel", job.id, str(job.fence), self._context.worker_id]
        with subprocess.Popen(  # noqa: S603 - our own module, with ids from the database
            command, stdin=subprocess.PIPE, env=_environment(), start_new_session=True
        ) as group:
            code = self._wait(group)
        if code == 0:
            return None
        log.warning("A process of the job ended with an error; mpiexec returned %d.", code)
        return WorkerLost(requested=held_lease.requested)

    def _wait(self, group: subprocess.Popen[bytes]) -> int:
        """Return the exit code. When the worker stops, tell process 0. If this process dies, its pipe closes."""
        is_told = False
        while True:
            try:
                return group.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                if self._context.is_draining() and not is_told and group.stdin:
                    with contextlib.suppress(BrokenPipeError):  # they are ending
                        group.stdin.write(DRAIN)
                        group.stdin.flush()
                    is_told = True


def _options(settings: Settings, processes: int) -> list[str]:
    """Return the arguments of `mpiexec` before the program."""
    hosts = ["-f", settings.mpi_hostfile] if settings.mpi_hostfile else []
    return [*hosts, *settings.mpi_options.split(), "-n", str(processes)]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OF_ANOTHER_LAUNCHER)}
