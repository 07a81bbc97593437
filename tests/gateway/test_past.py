from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from gateway import past, problems
from gateway.accounts.principal import Principal, Scope
from streams.clickhouse import answers
from streams.clickhouse.answers import Answers


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The questions that came; each is answered with its own name."""
    found: list[Any] = []

    def ask(client: Any, name: str, parameters: dict[str, Any]) -> bytes:
        found.append((name, parameters))
        return orjson.dumps([{"market_id": name, "runner_id": "1"}])

    monkeypatch.setattr(answers, "ask_json", ask)
    return found


@pytest.fixture
def http(tmp_path: Path) -> Iterator[TestClient]:
    app = FastAPI()
    problems.install(app)
    app.include_router(past.routes(str(tmp_path / "sock")))
    with TestClient(app) as client:
        yield client


def test_history_is_asked_of_the_owner_of_the_folder(
    http: TestClient, tmp_path: Path, asked: list[Any]
) -> None:
    with Answers(None, tmp_path / "sock"):  # type: ignore[arg-type]
        # Without accounts there are no bounds.
        body = http.get("/v1/races/BEL-20230715-01/odds").json()
        assert body["prices"][0]["market_id"] == "bars"
        assert body["closing"][0]["market_id"] == "closing"
        assert http.get("/v1/races/R/odds?every=tick").json()["prices"][0]["market_id"] == "ticks"
        assert http.get("/v1/horses/h/runs").json()["runs"]
        assert http.get("/v1/calibration?day=2023-07-15").status_code == 200
    assert asked[0] == ("bars", {"race_id": "BEL-20230715-01"})
    assert asked[-1] == ("calibration", {"day": "20230715"})


def test_without_a_sink_it_says_what_to_start(http: TestClient) -> None:
    answer = http.get("/v1/horses/h/runs")
    assert answer.status_code == 503
    assert "start `hpr sink --clickhouse chdb:///FOLDER`" in answer.json()["detail"]
    assert answer.headers["retry-after"] == "5"


def test_an_answer_that_is_cut_off_is_none(
    http: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "ask_json", lambda *_: b'[{"market_id": "1", ')
    with Answers(None, tmp_path / "sock"):  # type: ignore[arg-type]
        answer = http.get("/v1/horses/h/runs")
    assert answer.status_code == 503
    assert "nobody answers" in answer.json()["detail"]


def test_a_day_that_is_none_is_not_understood(http: TestClient) -> None:
    assert http.get("/v1/calibration?day=yesterday").status_code == 422


Asking = Callable[[Principal | None], TestClient]


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asking]:
    """Opens a client for whoever asks; the horse's runs are of today and of each 10 days before."""
    today = datetime.now(UTC).date()
    runs = [{"race_date": (today - timedelta(days=10 * n)).isoformat()} for n in range(100)]
    rows = orjson.dumps(runs)
    monkeypatch.setattr(past, "asking", lambda _: lambda name, _: rows if name == "runs" else b"[]")
    opened: list[TestClient] = []

    def ask(who: Principal | None) -> TestClient:
        app = FastAPI()
        problems.install(app)

        @app.middleware("http")
        async def known(request: Request, call_next: Callable[..., Any]) -> Response:
            request.scope["principal"] = who
            answer: Response = await call_next(request)
            return answer

        app.include_router(past.routes("unused"))
        opened.append(TestClient(app))
        return opened[-1]

    yield ask
    for client in opened:
        client.close()


def _race(days: int) -> str:
    return f"BEL-{datetime.now(UTC) - timedelta(days=days):%Y%m%d}-01"


@pytest.mark.parametrize(("tier", "days"), [(None, 2), ("free", 30), ("plus", 400), ("pro", 4000)])
def test_history_reaches_as_far_back_as_the_tier(asking: Asking, tier: str | None, days: int) -> None:
    http = asking(None if tier is None else Principal(uuid4(), tier))
    day = datetime.now(UTC).date() - timedelta(days=days)
    assert http.get(f"/v1/races/{_race(days)}/odds").status_code == 200
    assert http.get(f"/v1/calibration?day={day}").status_code == 200
    older = http.get(f"/v1/races/{_race(days + 1)}/odds")
    assert (older.status_code, older.json()["title"]) == (403, "Before your history")
    assert f"begins on {day}" in older.json()["detail"]
    assert http.get(f"/v1/calibration?day={day - timedelta(days=1)}").status_code == 403
    runs = http.get("/v1/horses/h/runs").json()["runs"]
    assert len(runs) == min(days // 10 + 1, 100)


def test_a_session_without_its_second_factor_is_nobody_s(asking: Asking) -> None:
    http = asking(Principal(uuid4(), "pro", pending=True))
    assert http.get(f"/v1/races/{_race(30)}/odds").status_code == 403


def test_a_key_needs_the_scope_of_history(asking: Asking) -> None:
    key = Principal(uuid4(), "pro", frozenset({Scope.READ_RACES}), key_id=uuid4())
    for path in (f"/v1/races/{_race(0)}/odds", "/v1/horses/h/runs", "/v1/calibration?day=2026-01-01"):
        refused = asking(key).get(path)
        assert refused.status_code == 403
        assert "read:history" in refused.json()["detail"]


def test_a_race_of_no_day_is_no_race(asking: Asking) -> None:
    assert past.day_of("BEL-20230715-01") == datetime(2023, 7, 15).date()
    assert past.day_of("BEL-20239999-01") is None
    assert asking(None).get("/v1/races/nonsense/odds").json()["prices"] == []
