"""Redis channels on which the changes of jobs are published."""

from redis import Redis

# What a message on a job's channel says.
JOB_CHANGED = b"changed"  # the job has new progress or a new state
ACTION_REQUESTED = b"requested"  # its owner requested an action: the worker reads it at once, not at its next heartbeat


def channel(job_id: str) -> str:
    """The channel of a job; ``channel("*")`` is the pattern of all of them."""
    return f"backprop:{job_id}"


def redis_client(url: str) -> Redis:
    """A Redis client with short timeouts: no caller may wait long for a broker that is down."""
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=5)  # seconds
