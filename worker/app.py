"""The Celery application of the workers: forked processes that handle one notification at a time."""

import os
from typing import Any

from celery.signals import (
    task_received,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from celery.worker import state

from engine.numeric_fingerprint import numeric_fingerprint
from messaging.celery_app import celery_app
from service.logging import configure_logging
from service.settings import settings
from store.ids import WorkerId, new_id
from worker import tasks
from worker.broker_watchdog import BrokerWatchdog
from worker.context import RUN_SECONDS
from worker.drain import is_draining, start_draining
from worker.pool import interrupt_event_loop, start_interrupt_thread
from worker.process import end_with_parent, limit_memory, make_runner
from worker.registration import WorkerRegistration

MAX_JOB_SECONDS = 26 * 3600  # a job's own deadline is at most a day
TASK_TIME_LIMIT_SECONDS = RUN_SECONDS + MAX_JOB_SECONDS

app = celery_app(settings().broker)
app.conf.update(
    task_acks_late=False,  # the database knows what must be repeated, so no message has to be delivered again
    task_time_limit=TASK_TIME_LIMIT_SECONDS,
    broker_channel_error_retry=True,  # wait for a broker that refuses writes as for one that is down
    worker_pool="worker.pool:Pool",
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=not settings().broker.startswith("amqp"),  # supported for Redis only
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)
tasks.register(app)

WORKER_ID = WorkerId(new_id("wrk"))  # made before the processes of the worker are forked

_registrations: list[WorkerRegistration] = []  # the parent's, once it is ready


# --- in the parent process


@worker_init.connect
def _compute_fingerprint(**_: Any) -> None:
    numeric_fingerprint()  # before the pool forks, so that the children inherit the result


@worker_ready.connect
def _register(sender: Any, **_: Any) -> None:
    start_interrupt_thread()
    slots = sender.pool.num_processes
    watchdog = BrokerWatchdog(slots, settings().notification_timeout_seconds)
    registration = WorkerRegistration(
        settings(), WORKER_ID, slots, watchdog, busy_slots=lambda: len(state.active_requests)
    )
    _registrations.append(registration)
    registration.start()


@task_received.connect
def _note_notification(**_: Any) -> None:
    for registration in _registrations:
        registration.watchdog.notification_received()


@worker_shutting_down.connect
def _drain(**_: Any) -> None:
    start_draining()
    interrupt_event_loop()


@worker_shutdown.connect
def _unregister(**_: Any) -> None:
    for registration in _registrations:
        registration.stop()


# --- in each child process


@worker_process_init.connect
def _set_up_child(**_: Any) -> None:
    configure_logging()
    end_with_parent()
    limit_memory(settings())
    tasks.set_runner(make_runner(settings(), WORKER_ID))


@worker_process_shutdown.connect
def _end_child(exitcode: int, **_: Any) -> None:
    tasks.close_runner()
    if is_draining():
        os._exit(exitcode)  # otherwise Celery lets this process sleep for a second until the parent ends it
