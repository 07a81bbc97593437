"""Rates: how often somebody may ask, counted in memory or in a Redis that all gateways share."""

import math
import time
from dataclasses import dataclass
from typing import Any

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from gateway.errors import GatewayError

log = structlog.get_logger()

MEMORY = "memory://"
AWAY_SECONDS = 5.0
"""While Redis is away each gateway counts for itself, and asks it again after so long."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`quota` requests in each window of `seconds`; the name is part of what is counted and told."""

    name: str
    quota: int
    seconds: int = 60

    @property
    def header(self) -> str:
        """As RateLimit-Policy says it (draft-ietf-httpapi-ratelimit-headers)."""
        return f'"{self.name}";q={self.quota};w={self.seconds}'


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one more was allowed, how many are left, and the seconds until there are more."""

    policy: Policy
    allowed: bool
    remaining: int
    reset_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit-Policy and RateLimit, and Retry-After where it was too much."""
        told = {
            "ratelimit-policy": self.policy.header,
            "ratelimit": f'"{self.policy.name}";r={self.remaining};t={self.reset_seconds}',
        }
        return told if self.allowed else {**told, "retry-after": str(max(self.reset_seconds, 1))}


class Rates:
    """Counts by policy and whom it concerns."""

    def __init__(self, url: str = MEMORY) -> None:
        """Takes `memory://` or `redis://HOST:PORT`; raises GatewayError for another URL."""
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._redis = _redis(url)
        self._shared = None if self._redis is None else SlidingWindowCounterRateLimiter(self._redis)
        self._away_until = 0.0

    async def hit(self, policy: Policy, whom: str, cost: int = 1) -> Verdict:
        """Count `cost` more, if that many are left."""
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return await _hit(self._shared, policy, whom, cost)
            except StorageError as error:
                self._away_until = time.monotonic() + AWAY_SECONDS
                log.warning(
                    "rates are counted by each gateway alone: Redis is away", error=str(error.storage_error)
                )
        return await _hit(self._own, policy, whom, cost)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None and isinstance(self._redis.bridge, RedispyBridge):
            connection: Any = self._redis.bridge.get_connection()
            await connection.aclose()


async def _hit(limiter: SlidingWindowCounterRateLimiter, policy: Policy, whom: str, cost: int) -> Verdict:
    item = RateLimitItemPerSecond(policy.quota, policy.seconds, namespace="hpr")
    allowed = await limiter.hit(item, policy.name, whom, cost=cost) if cost else True
    stats = await limiter.get_window_stats(item, policy.name, whom)
    reset = max(math.ceil(stats.reset_time - time.time()), 0)
    return Verdict(policy, allowed, stats.remaining, reset)


def _redis(url: str) -> RedisStorage | None:
    if url == MEMORY:
        return None
    if not url.startswith(("redis://", "rediss://", "redis+unix://")):
        raise GatewayError("rates are counted at memory:// or redis://host:port")
    return RedisStorage(
        f"async+{url}",
        wrap_exceptions=True,
        implementation="redispy",
        socket_timeout=1.0,
        socket_connect_timeout=1.0,
    )
