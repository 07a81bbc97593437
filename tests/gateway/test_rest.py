from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.hub import wall
from gateway.reader import BarsRecord, RaceRecord, Run
from schemas.records import FeedStatus, RaceBars, RaceView, RunnerView

NOON = 1_690_000_000_000_000
HOUR = 3_600_000_000
NOBODY = "127.0.0.1:9"

ViewMaker = Callable[..., RaceView]


@pytest.fixture
async def client(
    view: ViewMaker,
    runner: Callable[..., RunnerView],
    status: Callable[..., FeedStatus],
    bars: Callable[..., RaceBars],
    page: Path,
) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway whose reader never ran, with two races of one day and one of three days before."""
    app = create_app(NOBODY, static=page)
    views = [
        view("BEL-20230715-02", 7, scheduled_off=NOON + HOUR, race_date="2023-07-15", recorded_time=NOON),
        view(
            "SAR-20230715-01",
            9,
            race_date="2023-07-15",
            runners=[runner("7")],
        ),
        view("BEL-20230712-01", 3, scheduled_off=NOON - 72 * HOUR, race_date="2023-07-12"),
    ]
    races = [RaceRecord(v["race_id"], v, 0, offset) for offset, v in enumerate(views)]
    charted = [BarsRecord("SAR-20230715-01", bars([60], **{"7": [4.5]}))]
    app.state.hub.apply(Run("00112233445566aa", races, charted, [status("simulator", wall())], 0, True))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as opened:
        yield opened


async def _ids(client: httpx.AsyncClient, query: str = "") -> list[str]:
    answer: dict[str, Any] = (await client.get(f"/v1/races{query}")).json()
    return [race["race_id"] for race in answer["races"]]


async def test_races_are_listed_by_time_to_the_off_with_the_server_s_time(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/races")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, no-cache"
    assert answer.json()["server_time"].endswith("Z")
    assert [race["race_id"] for race in answer.json()["races"]] == ["SAR-20230715-01", "BEL-20230715-02"]


async def test_races_can_be_asked_for_by_track_and_by_date(client: httpx.AsyncClient) -> None:
    assert await _ids(client, "?track=bel") == ["BEL-20230715-02"]
    assert await _ids(client, "?date=2023-07-12") == ["BEL-20230712-01"]
    assert await _ids(client, "?track=SAR&date=2023-07-12") == []


async def test_a_race_is_its_whole_state(client: httpx.AsyncClient) -> None:
    state = (await client.get("/v1/races/SAR-20230715-01")).json()
    assert state["revision"] == 9
    assert state["track_name"] == "Saratoga"
    assert state["freshness"] == "fresh"
    assert state["age_seconds"] > 0
    assert state["runners"][0]["runner_id"] == "7"


async def test_a_race_s_history_is_its_prices_over_time(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/races/SAR-20230715-01/history")).json() == {
        "race_id": "SAR-20230715-01",
        "bar_seconds": 60,
        "times": [60],
        "runners": [{"runner_id": "7", "prices": [4.5]}],
    }


@pytest.mark.parametrize("path", ["/v1/races/NONE-20230715-01", "/v1/races/NONE-20230715-01/history"])
async def test_an_unknown_race_is_a_problem_that_says_what_to_do(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "No such race"
    assert "GET /v1/races lists the races" in answer.json()["detail"]


async def test_a_date_that_is_none_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/races?date=tomorrow")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("date: ")


async def test_an_unknown_address_and_a_wrong_method_are_problems(client: httpx.AsyncClient) -> None:
    missing, wrong = await client.get("/v1/horses"), await client.post("/v1/races")
    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert wrong.headers["allow"] == "GET"
    assert "/v1/openapi.json" in missing.json()["detail"]


async def test_before_everything_is_read_the_gateway_is_not_ready_and_says_why() -> None:
    app = create_app(NOBODY)
    assert not app.state.hub.board.whole
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        for path in ("/readyz", "/v1/races", "/v1/races/BEL-20230715-01"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "1"
            assert answer.json()["detail"].startswith("still reading the races")


async def test_ready_says_how_many_races(client: httpx.AsyncClient) -> None:
    assert (await client.get("/readyz")).json() == {
        "status": "ready",
        "epoch": "00112233445566aa",
        "races": 3,
    }


async def test_healthy_means_that_the_reader_runs(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).status_code == 503


async def test_metrics_tell_clients_frames_records_and_age(client: httpx.AsyncClient) -> None:
    text = (await client.get("/metrics")).text
    assert 'hpr_gateway_records_read_total{topic="racing.races"} 3.0' in text
    assert "hpr_gateway_clients 0.0" in text
    assert "hpr_gateway_frames_sent_total 0.0" in text
    assert "hpr_gateway_newest_record_age_seconds" in text


async def test_the_interface_describes_itself(client: httpx.AsyncClient) -> None:
    described = (await client.get("/v1/openapi.json")).json()
    state = described["components"]["schemas"]["RaceState"]
    assert {"freshness", "age_seconds", "runners"} <= set(state["required"])
    assert "/v1/races/{race_id}/history" in described["paths"]


async def test_the_page_is_asked_for_anew_and_its_assets_are_kept(client: httpx.AsyncClient) -> None:
    index, asset = await client.get("/"), await client.get("/assets/index-abc.js")
    assert "built" in index.text
    assert index.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in index.headers["content-security-policy"]
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await client.get("/assets/gone.js")).status_code == 404


async def test_the_service_worker_stands_beside_the_page_and_is_asked_for_anew(
    client: httpx.AsyncClient,
) -> None:
    worker = await client.get("/sw.js")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert worker.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in worker.headers["content-security-policy"]


async def test_without_a_built_dashboard_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    app = create_app(NOBODY, static=tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        answer = await client.get("/")
        assert answer.status_code == 503
        assert "make setup" in answer.text
        for path in ("/assets/index-abc.js", "/sw.js"):
            assert (await client.get(path)).status_code == 404
