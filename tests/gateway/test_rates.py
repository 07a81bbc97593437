import asyncio
import subprocess
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as AwayError

from deploy.kafka.node import free_port
from gateway.errors import GatewayError
from gateway.rates import Policy, Rates

FIVE = Policy("five", 5)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis of this module's own."""
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    client = Redis(port=port)
    while True:
        try:
            client.ping()
            break
        except AwayError:
            assert process.poll() is None
    client.close()
    yield f"redis://127.0.0.1:{port}"
    process.terminate()
    process.wait()


async def _until_refused(*rates: Rates) -> int:
    allowed = 0
    while (await rates[allowed % len(rates)].hit(FIVE, "ann")).allowed:
        allowed += 1
    return allowed


async def test_so_many_are_allowed_and_each_of_its_own() -> None:
    rates = Rates()
    assert await _until_refused(rates) == 5
    assert (await rates.hit(FIVE, "bob")).allowed
    assert (await rates.hit(Policy("other", 5), "ann")).allowed


async def test_what_is_told_follows_the_count() -> None:
    rates = Rates()
    told = [await rates.hit(FIVE, "ann") for _ in range(6)]
    assert [verdict.remaining for verdict in told] == [4, 3, 2, 1, 0, 0]
    assert told[0].headers["ratelimit-policy"] == '"five";q=5;w=60'
    assert "retry-after" not in told[4].headers
    assert 1 <= int(told[5].headers["retry-after"]) <= 60


async def test_gateways_that_share_a_redis_share_their_counts(redis: str) -> None:
    one, other = Rates(redis), Rates(redis)
    assert await _until_refused(one, other) == 5
    await asyncio.gather(one.close(), other.close())


async def test_without_its_redis_a_gateway_counts_for_itself() -> None:
    rates = Rates(f"redis://127.0.0.1:{free_port()}")
    async with asyncio.timeout(10):
        assert await _until_refused(rates) == 5
    await rates.close()


def test_another_url_is_refused() -> None:
    with pytest.raises(GatewayError, match="memory:// or redis://"):
        Rates("memcached://localhost")
