"""One of the processes that train a job: process 0 trains, records and finishes; the others compute gradients."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from typing import NoReturn

from engine.numeric_fingerprint import numeric_fingerprint
from engine.training.parallel.gradients import ShardedGradients
from engine.training.parallel.mpi_group import MpiGroup, NothingToDo
from engine.training.run import set_up
from service import tracing
from service.bootstrap import bootstrap
from service.logging import configure_logging
from service.settings import settings
from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot
from store.ids import JobId, WorkerId
from store.jobs import claims
from store.jobs.leases import Lease
from worker.context import WorkerContext
from worker.job.loading import JobLoader
from worker.lease_keeper import LeaseKeeper
from worker.process import end_with_parent, limit_memory
from worker.runner import Runner

log = logging.getLogger(__name__)

END_SECONDS = 5.0  # how long the other processes may take to end

_draining = threading.Event()


def run() -> NoReturn:
    """Take part in the job that the arguments name, then end the process."""
    parser = argparse.ArgumentParser(prog="worker.parallel", description="Run one process of a claimed job.")
    parser.add_argument("job")
    parser.add_argument("fence", type=int)
    parser.add_argument("worker")
    arguments = parser.parse_args()
    configure_logging()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # process 0 hears of a stop from the worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    limit_memory(settings())
    group, lease = MpiGroup(), Lease(job_id=JobId(arguments.job), fence=arguments.fence)
    if group.rank == 0:
        threading.Thread(target=_listen_to_worker, name="worker", daemon=True).start()
        _lead(group, lease, WorkerId(arguments.worker))
    else:
        _help(group, lease)
    logging.shutdown()
    group.close(END_SECONDS)
    os._exit(0)


def _listen_to_worker() -> None:
    """Note when the worker stops. End at once if it dies; `mpiexec` then ends the other processes."""
    for _ in sys.stdin:
        _draining.set()
    os.kill(os.getpid(), signal.SIGKILL)


def _lead(group: MpiGroup, lease: Lease, worker_id: WorkerId) -> None:
    """Run the job as a worker does, with the gradients of all processes."""
    is_exact = group.agree(numeric_fingerprint())
    own = settings()
    engine = open_database(own.database, pool_size=2, hold_seconds=own.lease_seconds)
    services = bootstrap(own, engine=engine)
    services.metrics.start("worker")
    tracing.configure("worker")
    context = WorkerContext(
        sessions=services.sessions,
        settings=own,
        notifier=services.notifier,
        lease_keeper=LeaseKeeper(services.sessions, own),
        worker_id=worker_id,
        is_draining=_draining.is_set,
        metrics=services.metrics,
        cpu_clock=lambda: time.process_time() + group.helper_cpu_seconds,
    )
    runner = Runner(context, group)
    try:
        runner.run_claimed(lease, is_exact=is_exact)
    finally:
        group.end()
        runner.close()


def _help(group: MpiGroup, lease: Lease) -> None:
    """Compute gradients until process 0 ends the training."""
    group.agree(numeric_fingerprint())
    try:
        gradients = _load(group, lease)
        while (command := group.receive()) is not None:
            gradients.obey(command)
    except NothingToDo:
        return
    except Exception:
        log.exception("Process %d of the job has failed.", group.rank)
        group.abort()


def _load(group: MpiGroup, lease: Lease) -> ShardedGradients:
    """Load the job as process 0 does. An error counts only if process 0 can train: otherwise that one reports it."""
    try:
        sessions = open_sessions(open_database(settings().database, pool_size=1))
        with snapshot(sessions) as tx:
            job = claims.get_held(tx, lease)
        loaded = JobLoader(sessions).load(job)
        first = loaded.first
        run = set_up(first.network, loaded.state, first.spec, first.training, first.validation, members=loaded.others)
    except Exception:
        group.begin()
        raise
    return ShardedGradients(run, group)
