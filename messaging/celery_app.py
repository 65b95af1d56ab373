"""The Celery application, its one task and its queue.

A message carries no data. It says that there may be work; the database says which, and whether.
"""

from typing import Any

from celery import Celery

from store.db import failpoints

TASK_NAME = "backprop.run_queued_jobs"
QUEUE = "backprop.notifications"
TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5, "health_check_interval": 10}  # seconds


def celery_app(broker_url: str) -> Celery:
    """A Celery application that sends and receives notifications through `broker_url`. It stores no results."""
    app = Celery("backprop", broker=broker_url)
    app.conf.update(
        task_ignore_result=True,
        task_default_queue=QUEUE,
        task_default_queue_type="quorum" if broker_url.startswith("amqp") else "classic",
        task_publish_retry=False,
        task_serializer="json",
        accept_content=["json"],
        broker_transport_options=TRANSPORT_OPTIONS,
        broker_connection_timeout=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
    )
    return app


def unread_notifications(app: Celery) -> int:
    """Return how many messages no worker has taken.

    Raises:
        OperationalError: the broker cannot be reached.
    """
    with app.producer_or_acquire() as producer:
        channel = producer.channel
        if producer.connection.transport.driver_type == "redis":
            return int(channel.client.llen(QUEUE))
        return int(channel.queue_declare(QUEUE, passive=True).message_count)


def send_notifications(app: Celery, count: int = 1, **options: Any) -> None:
    """Send `count` messages, each of which lets one worker look for queued jobs.

    Raises:
        OperationalError: the broker cannot be reached.
    """
    with app.producer_or_acquire() as producer:
        for _ in range(count):
            failpoints.hit("notification.before_send", ConnectionError("a failpoint"))
            app.send_task(TASK_NAME, producer=producer, **options)
            failpoints.hit("notification.after_send", ConnectionError("a failpoint"))
