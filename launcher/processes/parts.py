"""The commands of all parts of the service."""

from collections.abc import Mapping

from launcher.broker import EmbeddedBroker
from launcher.options import Options
from launcher.processes.process import Part

BROKER_LINGER_SECONDS = 2.0  # workers may still use it while they return their jobs
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


def broker_part(broker: EmbeddedBroker) -> Part:
    """The embedded broker. It outlives a killed launcher a little."""
    return Part(name="broker", command=broker.command, linger=BROKER_LINGER_SECONDS, log=broker.log)


def migrate_part(options: Options, environment: Mapping[str, str]) -> Part:
    """The migrations: upgrade the database to the current schema, then end."""
    command = ["migrate", "--first-key"] if options.first_key else ["migrate"]
    return Part(name="migrate", module="launcher", command=command, environment=environment)


def api_part(options: Options, environment: Mapping[str, str]) -> Part:
    """The HTTP API. Several processes share one listening socket; the first one starts and replaces the others."""
    command = ["--host", options.host, "--port", str(options.port)]
    preload = ["uvicorn", "api.app"]
    if options.api_processes > 1:
        command += ["--processes", str(options.api_processes)]
        preload = ["uvicorn"]
    return Part(name="api", module="api", command=command, environment=environment, preload=preload)


def worker_part(options: Options, environment: Mapping[str, str]) -> Part:
    """The worker, with one process per job that trains in parallel."""
    slots = ["--concurrency", str(options.workers)]
    return Part(name="worker", module="worker", command=slots, environment=environment, preload=["worker.app"])


def scheduler_part(environment: Mapping[str, str]) -> Part:
    """The scheduler: requeue the jobs of lost workers, notify workers of queued jobs."""
    return Part(name="scheduler", module="worker.maintenance.scheduler", environment=environment)
