"""Limit how often something happens, at the cost of one question to Redis for many requests.

A process takes several tokens at a time from the shared bucket of an owner, and spends them in its memory. While it
knows that the bucket is empty, it asks nobody.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from api.http.errors import RateLimited
from messaging.token_buckets import Policy, TokenBuckets

MAX_OWNERS = 10_000  # of which this process keeps tokens
TAKEN_SHARE = 10  # a process takes a tenth of a full bucket at a time

Fields = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Held:
    """What this process holds of an owner's tokens, and what it knows of the shared bucket."""

    tokens: int = 0
    left: float = 0.0
    asked_at: float = 0.0
    empty_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Limiter:
    """One limit for many owners, such as projects. Used by the event loop only. A rate of 0 limits nothing."""

    def __init__(
        self, buckets: TokenBuckets, policy: Policy, detail: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`detail` is the message of the error."""
        self._buckets = buckets
        self._policy = policy
        self._detail = detail
        self._clock = clock
        self._wanted = max(1, policy.burst // TAKEN_SHARE)
        self._held: dict[str, Held] = {}
        window = math.ceil(policy.burst / policy.per_second) if policy.per_second else 0
        self._policy_field = (b"ratelimit-policy", f'"{policy.name}";q={policy.burst};w={window}'.encode())

    def admit_now(self, owner: str) -> bool:
        """Spend a token that this process holds; false if it holds none. Never waits."""
        if not self._policy.per_second:
            return True
        held = self._held.get(owner)
        if held is None or held.tokens < 1:
            return False
        held.tokens -= 1
        return True

    async def admit(self, owner: str) -> None:
        """Spend a token. Raises `RateLimited` if there is none."""
        if self.admit_now(owner):
            return
        held = self._held.get(owner)
        if held is None:
            if len(self._held) >= MAX_OWNERS:
                self._held.clear()
            held = self._held[owner] = Held()
        async with held.lock:
            if held.tokens < 1 and self._clock() >= held.empty_until:
                await self._take(owner, held)
        if held.tokens < 1:
            raise self.error(owner)
        held.tokens -= 1

    def is_empty(self, owner: str) -> bool:
        """Return whether this process knows that the owner has no tokens now."""
        held = self._held.get(owner)
        return held is not None and held.tokens < 1 and self._clock() < held.empty_until

    def error(self, owner: str) -> RateLimited:
        """Return the error for an owner without tokens."""
        held = self._held[owner]
        seconds = max(1, math.ceil(held.empty_until - self._clock()))
        fields = {name.decode(): value.decode() for name, value in self.fields(owner)}
        return RateLimited(self._detail, headers={"Retry-After": str(seconds), **fields})

    def fields(self, owner: str) -> Fields:
        """Return the fields `RateLimit-Policy` and `RateLimit` of a response; none without a limit."""
        held = self._held.get(owner)
        if held is None:
            return []
        rate, burst = self._policy.per_second, self._policy.burst
        refilled = held.left + (self._clock() - held.asked_at) * rate
        remaining = min(burst, held.tokens + int(refilled))
        full_in = math.ceil((burst - remaining) / rate)
        return [self._policy_field, (b"ratelimit", f'"{self._policy.name}";r={remaining};t={full_in}'.encode())]

    async def _take(self, owner: str, held: Held) -> None:
        taken = await self._buckets.take(self._policy, owner, self._wanted)
        held.tokens, held.left, held.asked_at = held.tokens + taken.taken, taken.left, self._clock()
        if not taken.taken:
            held.empty_until = held.asked_at + (1 - taken.left) / self._policy.per_second
