from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from gateway import past, problems
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
