"""Keep this worker's row in the database current, and restart a worker that no notification reaches."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable

from kombu.exceptions import OperationalError
from sqlalchemy.exc import DBAPIError

from engine.numeric_fingerprint import numeric_fingerprint
from messaging.broker_health import check_broker
from service.settings import Settings
from service.version import VERSION
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.ids import WorkerId
from store.jobs import queue_position, workers
from store.jobs.workers import WorkerInfo
from worker.broker_watchdog import BrokerWatchdog

log = logging.getLogger(__name__)

DRAIN_SECONDS = 5.0  # how long a worker that restarts itself may take to return its jobs to the queue

# The parent must not fork while it has the database open. SQLite keeps the state of its locks in the memory of the
# process, and a child that inherits a lock would find the database locked forever.
_database_closed = threading.Lock()
os.register_at_fork(
    before=_database_closed.acquire,
    after_in_parent=_database_closed.release,
    after_in_child=_database_closed.release,
)


class WorkerRegistration:
    """A thread of the parent process that updates the worker's row at every heartbeat."""

    def __init__(
        self,
        settings: Settings,
        worker_id: WorkerId,
        slots: int,
        watchdog: BrokerWatchdog,
        busy_slots: Callable[[], int],
    ) -> None:
        self.watchdog = watchdog
        self._busy_slots = busy_slots
        self._settings = settings
        self._slots = slots
        self._id = worker_id
        self._ended = threading.Event()
        self._engine = open_database(settings.database, pool_size=1)
        self._thread = threading.Thread(target=self._run, name="worker registration", daemon=True)

    def start(self) -> None:
        """Register the worker."""
        self._thread.start()

    def stop(self) -> None:
        """Remove the worker's row."""
        self._ended.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._ended.is_set():
            if self._with_database(self._register):
                self._restart_if_broker_is_up()
            self._ended.wait(self._settings.heartbeat_seconds)
        self._with_database(self._unregister)

    def _with_database(self, act: Callable[[Sessions], bool]) -> bool:
        """Open the database for `act` only, and return its result; False if the database cannot be reached."""
        try:
            with _database_closed:
                try:
                    return act(open_sessions(self._engine))
                finally:
                    self._engine.dispose()
        except DBAPIError as error:
            log.warning("The database cannot be reached: %s", error)
            return False

    def _register(self, sessions: Sessions) -> bool:
        """Update the worker's row; return whether the worker is disconnected from the broker."""
        with transaction(sessions) as tx:
            workers.record_heartbeat(tx, self._info())
        return self.watchdog.is_disconnected(self._busy_slots(), lambda: _longest_wait(sessions))

    def _info(self) -> WorkerInfo:
        host, pid = socket.gethostname(), os.getpid()
        return WorkerInfo(
            id=self._id,
            host=host,
            pid=pid,
            slots=self._slots,
            fingerprint=numeric_fingerprint(),
            version=VERSION,
        )

    def _unregister(self, sessions: Sessions) -> bool:
        with transaction(sessions) as tx:
            workers.remove(tx, self._id)
        return False

    def _restart_if_broker_is_up(self) -> None:
        """End this worker as SIGTERM does, or else at once. Its supervisor starts it again."""
        try:
            check_broker(self._settings.broker)
        except (OperationalError, OSError):
            self.watchdog.notification_received()  # the broker is down, so a restart would not help
            return
        seconds = self._settings.notification_timeout_seconds
        log.warning("No notification received for %g s while jobs are queued; restarting the worker.", seconds)
        os.kill(os.getpid(), signal.SIGTERM)
        if not self._ended.wait(DRAIN_SECONDS):
            os.kill(os.getpid(), signal.SIGKILL)


def _longest_wait(sessions: Sessions) -> float:
    with snapshot(sessions) as tx:
        return queue_position.longest_wait_seconds(tx)
