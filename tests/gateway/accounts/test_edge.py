import httpx
import pytest

from gateway.edge import LARGEST_BODY, address_of
from gateway.site import Site
from tests.gateway.accounts.conftest import Person, Visitor


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (("a socket", 1), "unknown"),
        (None, "unknown"),
    ],
)
def test_one_party_is_one_address(client: tuple[str, int] | None, address: str) -> None:
    assert address_of({"client": client}) == address


async def test_a_body_over_its_bound_is_refused_announced_or_not(visitor: Visitor) -> None:
    client = visitor()
    announced = await client.post("/v1/sessions", content=b" " * (LARGEST_BODY + 1))

    async def chunks() -> object:
        for _ in range(LARGEST_BODY // 1024 + 1):
            yield b" " * 1024

    hidden = await client.post("/v1/sessions", content=chunks())  # type: ignore[arg-type]
    for answer in (announced, hidden):
        assert (answer.status_code, answer.json()["title"]) == (413, "Too large")


async def test_rates_are_told_with_every_answer_and_end_in_429(site: Site, visitor: Visitor) -> None:
    client = visitor("192.0.2.50")
    first = await client.get("/v1/openapi.json")
    assert first.headers["ratelimit-policy"] == '"anonymous";q=600;w=60'
    assert first.headers["ratelimit"].startswith('"anonymous";r=599;t=')
    from gateway.rates import Policy

    await site.rates.hit(Policy("anonymous", 600), "192.0.2.50", 599)
    over = await client.get("/v1/openapi.json")
    assert over.status_code == 429
    assert over.headers["content-type"] == "application/problem+json"
    assert 1 <= int(over.headers["retry-after"]) <= 60
    assert (await visitor("192.0.2.51").get("/v1/openapi.json")).status_code == 200


async def test_an_account_has_its_tier_s_rate_and_each_key_its_own(ann: Person, visitor: Visitor) -> None:
    keys = [(await ann.key("read:preferences"))["key"] for _ in range(2)]
    told = []
    for key in keys:
        answer = await visitor(headers={"authorization": f"Bearer {key}"}).get("/v1/preferences")
        told.append(answer.headers["ratelimit"].partition(";t=")[0])
    assert told == ['"account";r=599'] * 2


async def test_every_answer_has_headers_of_safety(visitor: Visitor) -> None:
    for path in ("/v1/openapi.json", "/v1/none", "/", "/subjects"):
        headers = (await visitor().get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers
        assert "server" not in headers


async def test_behind_tls_browsers_are_told_to_stay_there(site: Site) -> None:
    from gateway.app import create_app

    secure = Site(site.database, site.mailer, site.rates, "https://races.example.org", site.master)
    transport = httpx.ASGITransport(create_app("127.0.0.1:9", site=secure))
    async with httpx.AsyncClient(transport=transport, base_url="https://races.example.org") as client:
        answer = await client.get("/v1/openapi.json")
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
