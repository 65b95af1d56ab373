"""Redis channels on which the changes of jobs are published."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

# What a message on a job's channel says.
JOB_CHANGED = b"changed"  # the job has new progress or a new state
ACTION_REQUESTED = b"requested"  # its owner requested an action: the worker reads it at once, not at its next heartbeat

PREFIX = "backprop:"
DELIVERIES = "backprop-deliveries"  # the channel that says that deliveries of webhooks are due
TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 5}  # seconds
PING_SECONDS = 10  # after which a silent connection of a subscriber is checked


def channel(job_id: str) -> str:
    """The channel of a job; ``channel("*")`` is the pattern of all of them."""
    return PREFIX + job_id


def job_of(name: bytes) -> str:
    """The job whose channel has this name."""
    return name.decode().removeprefix(PREFIX)


def redis_client(url: str) -> Redis:
    """A Redis client with short timeouts: no caller may wait long for a broker that is down."""
    return Redis.from_url(url, **TIMEOUTS)


def impatient_client(url: str) -> Redis:
    """A Redis client that reports a broker that is down at once, without trying again."""
    return Redis.from_url(url, **TIMEOUTS, retry=Retry(NoBackoff(), 0))


def subscriber_client(url: str) -> Redis:
    """A Redis client for subscriptions: it reports a lost connection at once, and notices a silent one."""
    return Redis.from_url(url, **TIMEOUTS, retry=Retry(NoBackoff(), 0), health_check_interval=PING_SECONDS)
