"""Celery's pool of processes, without the naps it takes on its way to a stop: half a second here and there."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from celery.concurrency.asynpool import AsynPool, ResultHandler, Worker
from celery.concurrency.prefork import TaskPool
from kombu.asynchronous import get_event_loop

from worker.drain import is_draining

LISTEN_SECONDS = 0.02  # to one process, before the next has its turn

_asked = threading.Event()


class Work(Worker):  # type: ignore[misc]  # Celery has no types
    """What a process does; at a stop it does not wait, up to half a minute, for the parent to read its last words."""

    def _ensure_messages_consumed(self, completed: int) -> bool:
        return is_draining() or bool(super()._ensure_messages_consumed(completed))


class Results(ResultHandler):  # type: ignore[misc]
    """Reads what the processes still have to say, and wakes up when they say it."""

    def _flush_outqueue(
        self, fd: int, remove: Callable[[int], None], processes: Mapping[int, Any], told: Callable[[Any], None]
    ) -> None:
        process = processes.get(fd)
        if process is None or _has_something(process.outq._reader):  # noqa: SLF001 - Celery has no other way to it
            super()._flush_outqueue(fd, remove, processes, told)


class Processes(AsynPool):  # type: ignore[misc]
    """The processes, which work and whose results are read so."""

    Worker = Work
    ResultHandler = Results


class Pool(TaskPool):  # type: ignore[misc]
    """The pool, for Celery's setting `worker_pool`."""

    Pool = Processes
    _pool: Processes | None = None

    def on_stop(self) -> None:
        """Wait for the processes' end; it comes long before the broker misses a heartbeat, so none is sent."""
        if self._pool is not None:
            self._pool.close()
            self._pool.join()
            self._pool = None


def listen() -> None:
    """Begin to wait for `wake_up`; brokers without a loop have nothing to wake."""
    if (loop := get_event_loop()) is not None:
        threading.Thread(target=_wake_up, args=(loop,), name="wake up", daemon=True).start()


def wake_up() -> None:
    """Have the parent's loop see at once what a signal handler has set; it may be asleep for another second.

    Another thread does it: the signal may have come while the loop held the lock that this takes.
    """
    _asked.set()


def _wake_up(loop: Any) -> None:
    _asked.wait()
    loop.call_soon(_nothing)


def _nothing() -> None:
    pass


def _has_something(reader: Any) -> bool:
    try:
        return bool(reader.poll(LISTEN_SECONDS))
    except OSError:  # closed: Celery finds that out, too
        return True
