"""The broker check: a broker that accepts writes, one that refuses them, and one that is down."""

import pytest
import redis
from kombu.exceptions import OperationalError

from messaging.broker_health import PROBE_KEY, BrokerRefusesWrites, check_broker


def test_broker_that_accepts_writes_passes(broker_url: str) -> None:
    check_broker(broker_url)
    with redis.Redis.from_url(broker_url) as broker:
        assert 0 < broker.ttl(PROBE_KEY) <= 10


def test_broker_that_refuses_writes_fails(broker_url: str) -> None:
    with redis.Redis.from_url(broker_url) as broker:
        broker.config_set("min-replicas-to-write", 1)
        try:
            with pytest.raises(BrokerRefusesWrites):
                check_broker(broker_url)
        finally:
            broker.config_set("min-replicas-to-write", 0)


def test_broker_that_is_down_fails() -> None:
    with pytest.raises((OperationalError, OSError)) as caught:
        check_broker("redis://127.0.0.1:1/0")
    assert not isinstance(caught.value, BrokerRefusesWrites)
