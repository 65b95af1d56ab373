"""Celery's prefork pool without the pauses, up to half a second each, that it makes while it stops."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from celery.concurrency.asynpool import AsynPool, ResultHandler, Worker
from celery.concurrency.prefork import TaskPool
from kombu.asynchronous import get_event_loop

from worker.drain import is_draining

POLL_SECONDS = 0.02  # for one process, before the next one is read

_interrupt = threading.Event()


class PoolWorker(Worker):  # type: ignore[misc]  # Celery has no types
    """A child process. When it drains, it does not wait up to 30 seconds for the parent to read its last messages."""

    def _ensure_messages_consumed(self, completed: int) -> bool:
        return is_draining() or bool(super()._ensure_messages_consumed(completed))


class PoolResultHandler(ResultHandler):  # type: ignore[misc]
    """Reads the last messages of the processes as soon as they arrive."""

    def _flush_outqueue(
        self, fd: int, remove: Callable[[int], None], processes: Mapping[int, Any], on_message: Callable[[Any], None]
    ) -> None:
        process = processes.get(fd)
        if process is None or _has_message(process.outq._reader):  # noqa: SLF001 - Celery has no public access
            super()._flush_outqueue(fd, remove, processes, on_message)


class ProcessPool(AsynPool):  # type: ignore[misc]
    """The processes of a worker."""

    Worker = PoolWorker
    ResultHandler = PoolResultHandler


class Pool(TaskPool):  # type: ignore[misc]
    """The pool, named by Celery's setting `worker_pool`."""

    Pool = ProcessPool
    _pool: ProcessPool | None = None

    def on_stop(self) -> None:
        """Wait until the processes end. They end long before the broker misses a heartbeat, so none is sent."""
        if self._pool is not None:
            self._pool.close()
            self._pool.join()
            self._pool = None


def start_interrupt_thread() -> None:
    """Prepare `interrupt_event_loop`. Brokers without an event loop need no interruption."""
    if (loop := get_event_loop()) is not None:
        threading.Thread(target=_wait_and_interrupt, args=(loop,), name="loop interrupt", daemon=True).start()


def interrupt_event_loop() -> None:
    """Make the parent's event loop notice at once what a signal handler has set; it may sleep for another second.

    A thread does it, because the signal may have arrived while the loop held the lock that `call_soon` takes.
    """
    _interrupt.set()


def _wait_and_interrupt(loop: Any) -> None:
    _interrupt.wait()
    loop.call_soon(_do_nothing)


def _do_nothing() -> None:
    pass


def _has_message(reader: Any) -> bool:
    try:
        return bool(reader.poll(POLL_SECONDS))
    except OSError:  # closed; Celery handles that itself
        return True
