"""Run the one-machine service from start to stop: broker, migrations, workers, scheduler and API."""

import math
import os
import time
from collections.abc import Mapping
from http import HTTPStatus

from launcher.broker import embedded
from launcher.errors import LaunchError
from launcher.folder import DataFolder, check_local
from launcher.machine import check_shared_memory
from launcher.options import Options
from launcher.processes.console import Console
from launcher.processes.parts import ONE_THREAD, api_part, broker_part, migrate_part, scheduler_part, worker_part
from launcher.processes.stopping import StopRequest, StopRequestedError
from launcher.processes.supervisor import POLL_SECONDS, Supervisor
from launcher.readiness import readiness

SLOW_START_SECONDS = 20.0  # after this the launcher prints why the service is not ready
BROKER_START_SECONDS = 60.0  # it loads its append-only file first, which may be long


def serve(options: Options, console: Console) -> None:
    """Run the service until a stop signal arrives, then stop all of it.

    Raises:
        LaunchError: it cannot start, or cannot continue.
    """
    _check_settings()
    stop = StopRequest()
    stop.listen()
    check_shared_memory()
    if not os.environ.get("BACKPROP_DATABASE_URL"):
        check_local(options.data)
    folder = DataFolder.open(options.data)  # first: processes of a killed service may hold the port until they end
    try:
        _run(Service(options.with_free_port(), console, folder, stop), console)
    finally:
        folder.close()


def _check_settings() -> None:
    if any(name.startswith("BACKPROP_") for name in os.environ):
        from launcher.configuration import configured_settings  # noqa: PLC0415 - slow, and defaults need no check

        configured_settings()


def _run(service: "Service", console: Console) -> None:
    try:
        service.start()
        service.watch()
    except StopRequestedError as request:
        console.say(f"stopping ({request})")
    finally:
        service.stop()
        console.say("stopped")


class Service:
    """The parts of the service, and the order in which they start and stop."""

    def __init__(self, options: Options, console: Console, folder: DataFolder, stop: StopRequest) -> None:
        self._options = options
        self._console = console
        self._folder = folder
        self._stop = stop
        self._started = time.monotonic()
        self._broker = None if os.environ.get("BACKPROP_REDIS_URL") else embedded(folder.path)
        self._supervisor = Supervisor(console, lock=folder.lock)
        redis = {"BACKPROP_REDIS_URL": self._broker.url} if self._broker else {}
        self._environment: Mapping[str, str] = {**ONE_THREAD, **redis, "BACKPROP_DATA": str(folder.path)}

    def start(self) -> None:
        """Start all parts except the scheduler. API and worker import their modules while the migrations run."""
        environment = self._environment
        if self._broker:
            self._supervisor.start(broker_part(self._broker))
        api = self._supervisor.start(api_part(self._options, environment), gated=True)
        worker = self._supervisor.start(worker_part(self._options, environment), gated=True)
        self._supervisor.run(migrate_part(self._options, environment), meanwhile=self._stop.check)
        api.open_gate()
        self._wait_for_broker()
        worker.open_gate()

    def watch(self) -> None:
        """Announce when the service is ready, and keep everything running."""
        ready, answer = self._wait_until_ready(SLOW_START_SECONDS)
        self._supervisor.start(scheduler_part(self._environment))  # last: starting it earlier would delay the others
        if not ready:
            self._console.say(f"not ready after {SLOW_START_SECONDS:g} s: {answer}")
            self._wait_until_ready(math.inf)
        self._announce()
        while True:
            self._check_all()

    def stop(self) -> None:
        """Drain and stop everything, the broker last."""
        self._supervisor.stop(last=["broker"])
        if self._broker:
            self._broker.remove_socket_folder()

    def _wait_until_ready(self, seconds: float) -> tuple[bool, str]:
        """Wait at most ``seconds``; return whether the service is ready, and its last response."""
        while True:
            status, answer = readiness(self._options.reachable, self._options.port)
            if status == HTTPStatus.OK or self._age() > seconds:
                return status == HTTPStatus.OK, answer
            self._check_all()

    def _check_all(self) -> None:
        self._stop.check()
        self._supervisor.check()
        time.sleep(POLL_SECONDS)

    def _wait_for_broker(self) -> None:
        deadline = time.monotonic() + BROKER_START_SECONDS
        while self._broker and not self._broker.answers():
            self._check_all()
            if time.monotonic() > deadline:
                raise LaunchError(
                    f"the broker does not respond on {self._broker.socket}; its log is {self._broker.log}"
                )

    def _announce(self) -> None:
        url = self._options.url()
        self._console.say(
            f"ready in {self._age():.1f} s: {url}  (try {url}/docs; data in {self._folder.path}; Ctrl-C stops)"
        )

    def _age(self) -> float:
        return time.monotonic() - self._started
