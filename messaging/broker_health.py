"""Check that the broker accepts messages."""

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from messaging.celery_app import TRANSPORT_OPTIONS

PROBE_KEY = "backprop:health"
PROBE_SECONDS = 10  # after which the key expires


class BrokerRefusesWrites(OperationalError):
    """The broker can be reached but refuses writes, for lack of memory or replicas."""


def check_broker(broker_url: str) -> None:
    """Open a new connection to the broker and, if it is a Redis server, write to it.

    Raises:
        BrokerRefusesWrites: the broker refuses writes.
        OperationalError, OSError: the broker cannot be reached.
    """
    is_redis = not broker_url.startswith("amqp")
    app = Celery(broker=broker_url, set_as_current=False)
    app.conf.broker_transport_options = TRANSPORT_OPTIONS if is_redis else {}
    with app.connection_for_write(connect_timeout=1) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
        if is_redis:
            try:
                connection.default_channel.client.set(PROBE_KEY, 1, ex=PROBE_SECONDS)
            except RedisError as error:
                raise BrokerRefusesWrites(str(error)) from error
