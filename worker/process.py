"""What each process of a worker has: the parent its row in `workers`, each child its connections and its runner."""

import logging
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable

from kombu.exceptions import OperationalError
from sqlalchemy.exc import DBAPIError

from engine.numeric_fingerprint import numeric_fingerprint
from messaging.broker_health import check_broker
from messaging.celery_app import celery_app
from messaging.notifier import Notifier
from service.settings import Settings
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.ids import WorkerId, new_id
from store.jobs import queue_position, workers
from store.jobs.workers import WorkerInfo
from worker.broker_watchdog import BrokerWatchdog
from worker.drain import is_draining
from worker.lease_keeper import LeaseKeeper
from worker.runner import Runner

log = logging.getLogger(__name__)

ORPHAN_SECONDS = 0.5
LAST_SECONDS = 5.0  # for a deaf worker to give back what it has in hand

# No fork while this process has the database open: SQLite keeps the state of its locks in the process's memory, and
# a child that inherits a lock there finds the database locked for good.
_closed = threading.Lock()
os.register_at_fork(before=_closed.acquire, after_in_parent=_closed.release, after_in_child=_closed.release)


def make_runner(settings: Settings) -> Runner:
    """The runner of a child process, with connections of its own."""
    engine = open_database(settings.database, pool_size=2, hold_seconds=settings.lease_seconds)
    sessions = open_sessions(engine)
    notifier = Notifier(celery_app(settings.broker), settings.redis_url)
    lease_keeper = LeaseKeeper(sessions, settings)
    return Runner(sessions, notifier, settings, lease_keeper, WorkerId(new_id("wrk")), is_draining)


def limit_memory(settings: Settings) -> None:
    """Have allocations beyond the setting fail in this process, as a job's error, before the machine runs out."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = settings.worker_memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def end_with_parent() -> None:
    """End this process soon after its parent, even if the parent was killed; its job goes on elsewhere."""
    parent = os.getppid()

    def watch() -> None:
        ended = threading.Event()
        while os.getppid() == parent:
            ended.wait(ORPHAN_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


class Presence:
    """Tells the database every few seconds that this worker lives; ends the worker if no bell reaches it any more."""

    def __init__(self, settings: Settings, slots: int, watchdog: BrokerWatchdog, busy: Callable[[], int]) -> None:
        self.watchdog = watchdog
        self._busy = busy
        self._settings = settings
        self._slots = slots
        self._id = WorkerId(new_id("wrk"))
        self._ended = threading.Event()
        self._engine = open_database(settings.database, pool_size=1)
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def start(self) -> None:
        """Be there."""
        self._thread.start()

    def stop(self) -> None:
        """Be gone."""
        self._ended.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._turn():
            self._ended.wait(self._settings.heartbeat_seconds)

    def _turn(self) -> bool:
        """Look and speak up once; true if it was the last time."""
        last, deaf = self._ended.is_set(), False
        try:
            with _closed:
                deaf = self._look_and_speak_up(last=last)
        except DBAPIError as error:
            log.warning("the database cannot be reached: %s", error)
        if deaf and not last:
            self._begin_anew_if_that_helps()
        return last

    def _look_and_speak_up(self, *, last: bool) -> bool:
        sessions = open_sessions(self._engine)
        try:
            with transaction(sessions) as tx:
                if last:
                    workers.remove(tx, self._id)
                else:
                    workers.record_heartbeat(tx, self._info())
            return self.watchdog.is_disconnected(self._busy(), lambda: _longest_wait(sessions))
        finally:
            self._engine.dispose()

    def _info(self) -> WorkerInfo:
        host, pid = socket.gethostname(), os.getpid()
        return WorkerInfo(id=self._id, host=host, pid=pid, slots=self._slots, fingerprint=numeric_fingerprint())

    def _begin_anew_if_that_helps(self) -> None:
        """End this worker as SIGTERM does, or else at once; whoever started it starts it again."""
        try:
            check_broker(self._settings.broker)
        except (OperationalError, OSError):
            self.watchdog.heard()  # not deaf: nobody rings
            return
        log.warning(
            "jobs wait, but no bell has reached this worker for %g s: it ends",
            self._settings.notification_timeout_seconds,
        )
        os.kill(os.getpid(), signal.SIGTERM)
        if not self._ended.wait(LAST_SECONDS):
            os.kill(os.getpid(), signal.SIGKILL)


def _longest_wait(sessions: Sessions) -> float:
    with snapshot(sessions) as tx:
        return queue_position.longest_wait_seconds(tx)
