"""Token buckets in Redis, which all API processes share, and in this process while Redis cannot be reached.

A bucket holds at most `burst` tokens and gets `per_second` of them per second. What is limited costs one token.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from messaging.channels import PREFIX

TAKE_SECONDS = 0.2  # how long a request waits for Redis at most
OUTAGE_SECONDS = 5.0  # between two attempts to reach a Redis that does not answer
MAX_LOCAL = 10_000  # buckets in this process
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local per_second, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, at = tonumber(stored[1]) or burst, tonumber(stored[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * per_second / 1000)
local taken = math.min(wanted, math.floor(tokens))
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens - taken), 'at', now)
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / per_second * 1000) + 1000)
return {taken, tostring(tokens - taken)}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a bucket is for, and its size; `name` appears in the fields `RateLimit` and `RateLimit-Policy`."""

    name: str
    per_second: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The tokens that were taken from a bucket, and what is left in it."""

    taken: int
    left: float


class LocalBucket:
    """A bucket in the memory of this process."""

    def __init__(self, policy: Policy, now: float) -> None:
        self._policy = policy
        self._tokens = float(policy.burst)
        self._at = now

    def take(self, wanted: int, now: float) -> Taken:
        """Take at most `wanted` tokens."""
        refilled = self._tokens + (now - self._at) * self._policy.per_second
        self._tokens, self._at = min(float(self._policy.burst), refilled), now
        taken = min(wanted, int(self._tokens))
        self._tokens -= taken
        return Taken(taken=taken, left=self._tokens)


class TokenBuckets:
    """All buckets, for coroutines of one event loop."""

    def __init__(self, redis_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=TAKE_SECONDS,
            socket_connect_timeout=TAKE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._script = self._redis.register_script(TAKE)
        self._clock = clock
        self._local: dict[str, LocalBucket] = {}
        self._try_redis_at = clock()

    async def take(self, policy: Policy, owner: str, wanted: int) -> Taken:
        """Take at most `wanted` tokens from the bucket of an owner. Never raises: without Redis, limits are local."""
        if self._clock() >= self._try_redis_at:
            try:
                async with asyncio.timeout(TAKE_SECONDS):
                    return await self._take_shared(policy, owner, wanted)
            except (RedisError, OSError, TimeoutError):
                self._try_redis_at = self._clock() + OUTAGE_SECONDS
        return self._take_local(policy, f"{policy.name}:{owner}", wanted)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _take_shared(self, policy: Policy, owner: str, wanted: int) -> Taken:
        arguments = [policy.per_second, policy.burst, wanted]
        taken, left = await self._script(keys=[f"{PREFIX}limits:{policy.name}:{owner}"], args=arguments)
        return Taken(taken=int(taken), left=float(left))

    def _take_local(self, policy: Policy, name: str, wanted: int) -> Taken:
        if name not in self._local:
            if len(self._local) >= MAX_LOCAL:
                self._local.clear()
            self._local[name] = LocalBucket(policy, self._clock())
        return self._local[name].take(wanted, self._clock())
