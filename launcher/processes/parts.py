"""The parts of the service, as commands."""

from collections.abc import Mapping

from launcher.broker import EmbeddedBroker
from launcher.options import Options
from launcher.processes.process import Part

BROKER_LINGER_SECONDS = 2.0  # workers may still use it while they give their jobs back
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


def broker_part(broker: EmbeddedBroker) -> Part:
    """The embedded broker, which outlives a killed launcher a little."""
    return Part(name="broker", command=broker.command, linger=BROKER_LINGER_SECONDS, log=broker.log)


def migrate_part(environment: Mapping[str, str]) -> Part:
    """Brings the database to the newest schema and ends."""
    return Part(name="migrate", module="launcher.migrate", environment=environment)


def api_part(options: Options, environment: Mapping[str, str]) -> Part:
    """The HTTP side."""
    where = ["--host", options.host, "--port", str(options.port)]
    return Part(name="api", module="api", command=where, environment=environment, preload=["uvicorn", "api.app"])


def worker_part(options: Options, environment: Mapping[str, str]) -> Part:
    """The training side, one process per job that runs at the same time."""
    slots = ["--concurrency", str(options.workers)]
    return Part(name="worker", module="worker", command=slots, environment=environment, preload=["worker.app"])


def scheduler_part(environment: Mapping[str, str]) -> Part:
    """Finds lost jobs and rings for those that wait."""
    return Part(name="scheduler", module="worker.maintenance.scheduler", environment=environment)
