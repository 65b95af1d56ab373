"""The Celery application of the workers: prefork, early acknowledgement, one bell at a time."""

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
from worker import tasks
from worker.broker_watchdog import BrokerWatchdog
from worker.drain import is_draining, start_draining
from worker.pool import listen, wake_up
from worker.process import Presence, end_with_parent, limit_memory, make_runner
from worker.runner import RUN_SECONDS

BACKSTOP_SECONDS = RUN_SECONDS + 26 * 3600  # jobs have deadlines of their own, of at most a day, and end soon after

app = celery_app(settings().broker)
app.conf.update(
    task_acks_late=False,  # the database knows what has to be done again; a message never does
    task_time_limit=BACKSTOP_SECONDS,
    broker_channel_error_retry=True,  # a broker that refuses to be written to is waited for like one that is away
    worker_pool="worker.pool:Pool",
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=not settings().broker.startswith("amqp"),  # Redis only
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
)
tasks.register(app)

_presence: list[Presence] = []


@worker_init.connect
def _probed(**_: Any) -> None:
    numeric_fingerprint()  # before the processes are forked, which find it done


@worker_ready.connect
def _ready(sender: Any, **_: Any) -> None:
    listen()
    slots = sender.pool.num_processes
    watchdog = BrokerWatchdog(slots, settings().notification_timeout_seconds)
    _presence.append(Presence(settings(), slots, watchdog, busy=lambda: len(state.active_requests)))
    _presence[-1].start()


@task_received.connect
def _rung(**_: Any) -> None:
    for presence in _presence:
        presence.watchdog.heard()


@worker_shutting_down.connect
def _draining(**_: Any) -> None:
    start_draining()
    wake_up()


@worker_shutdown.connect
def _gone(**_: Any) -> None:
    for presence in _presence:
        presence.stop()


@worker_process_init.connect
def _child(**_: Any) -> None:
    configure_logging()
    end_with_parent()
    limit_memory(settings())
    tasks.use(make_runner(settings()))


@worker_process_shutdown.connect
def _child_gone(exitcode: int, **_: Any) -> None:
    tasks.stop()
    if is_draining():
        os._exit(exitcode)  # Celery would have this process sleep for a second, for the parent to end it
