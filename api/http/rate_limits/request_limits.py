"""The rate limits of requests: of projects, and of addresses that send invalid keys."""

import ipaddress
import math
from dataclasses import dataclass
from typing import Self

from api.http.rate_limits.limiter import Fields, Limiter
from api.settings import ApiSettings
from messaging.token_buckets import Policy, TokenBuckets
from store.accounts.keys import Caller

SECONDS_PER_MINUTE = 60
IPV6_NETWORK_BITS = 64  # what one customer of a provider has
TOO_FAST = "This project sends more requests than it may. Wait for Retry-After, use Prefer: wait or an event stream."
BAD_KEYS = "This address sent too many invalid API keys. Check the key, then wait for Retry-After."


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """The limits of this process. Callers without a key, who are on this machine, have none."""

    projects: Limiter
    bad_keys: Limiter

    @classmethod
    def of(cls, settings: ApiSettings, buckets: TokenBuckets) -> Self:
        """Return the limits that the settings name."""
        rate, burst = settings.project_requests_per_second, settings.project_request_burst
        bad = settings.bad_keys_per_minute
        requests = Policy(name="requests", per_second=rate, burst=max(burst, math.ceil(rate)))
        bad_keys = Policy(name="bad_keys", per_second=bad / SECONDS_PER_MINUTE, burst=bad)
        return cls(projects=Limiter(buckets, requests, TOO_FAST), bad_keys=Limiter(buckets, bad_keys, BAD_KEYS))

    async def admit(self, caller: Caller) -> Fields:
        """Count a request; return the fields of its response. Raises `RateLimited`."""
        if caller.key_id is None:
            return []
        await self.projects.admit(caller.project)
        return self.projects.fields(caller.project)

    def admit_now(self, caller: Caller) -> Fields | None:
        """Count a request if that needs no waiting, and return the fields of its response; None if it does."""
        if caller.key_id is None:
            return []
        return self.projects.fields(caller.project) if self.projects.admit_now(caller.project) else None


def network_of(address: str | None) -> str:
    """Return whom an address belongs to: itself, or the network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))
