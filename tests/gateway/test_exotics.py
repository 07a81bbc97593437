"""Exotics of a race as readers get them: interests, pools, refusals, and the routes that answer with them."""

from collections.abc import AsyncIterator, Callable
from itertools import permutations
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.exotics import exponents_of, interests_of, race_exotics, race_pick
from gateway.problems import ProblemError
from gateway.reader import RaceRecord, Run
from models.places import DISCOUNTED
from schemas.records import RaceView, RunnerView

RACE, OTHER, OFF = "BEL-20230715-01", "BEL-20230715-02", "BEL-20230715-03"
FITTED = [1.0, 0.44, 0.24, 0.07, 0.0, -0.07, -0.08, -0.09]
HARVILLE = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]

Maker = Callable[..., Any]


@pytest.fixture
def race(view: Callable[..., RaceView], runner: Callable[..., RunnerView]) -> Maker:
    """Makes a race: `race(a=0.5, b=0.5, …)`; numbers count from 1, ids are the names."""

    def make(race_id: str = RACE, changes: dict[str, Any] | None = None, **chances: float | None) -> RaceView:
        runners = [
            runner(name, number=str(at), win_probability=chance, status="ACTIVE" if chance else "SCRATCHED")
            for at, (name, chance) in enumerate(chances.items(), start=1)
        ]
        return view(race_id, runners=runners, exponents=HARVILLE, **(changes or {}))

    return make


class TestOfARace:
    def test_an_exacta_is_harville_s_arithmetic_with_its_fair_dividend(self, race: Maker) -> None:
        found = race_exotics(race(a=0.5, b=0.3, c=0.2), "fresh", "exacta", [], 1)
        (best,) = found["combinations"]
        assert (best["numbers"], best["runner_ids"]) == (["1", "2"], [["a"], ["b"]])
        assert best["probability"] == pytest.approx(0.5 * 0.3 / 0.5)
        assert best["fair_dividend"] == pytest.approx(1.0 / 0.3)
        assert (found["ordered"], found["places"], found["exponents"]) == (True, 2, HARVILLE)

    def test_a_scratched_runner_is_in_no_combination(self, race: Maker) -> None:
        found = race_exotics(race(a=0.5, b=None, c=0.3, d=0.2), "fresh", "quinella", [], 100)
        assert [each["numbers"] for each in found["combinations"]] == [["1", "3"], ["1", "4"], ["3", "4"]]
        assert sum(each["probability"] for each in found["combinations"]) == pytest.approx(1.0)

    def test_an_also_eligible_is_in_none_either(self, race: Maker) -> None:
        waiting = race(a=0.6, b=0.4, c=0.1)
        waiting["runners"][2]["status"] = "ALSO_ELIGIBLE"
        assert len(interests_of(waiting).win) == 2

    def test_coupled_runners_are_one_bet(self, race: Maker) -> None:
        entry = race(a=0.2, b=0.5, c=0.3)
        for at in (0, 2):
            entry["runners"][at]["betting_interest"] = "1"
        entry["runners"][1]["betting_interest"] = "2"
        found = race_exotics(entry, "fresh", "exacta", [], 10)
        assert [each["numbers"] for each in found["combinations"]] == [["1", "2"], ["2", "1"]]
        assert found["combinations"][0]["runner_ids"] == [["a", "c"], ["b"]]
        assert found["combinations"][0]["probability"] == pytest.approx(0.5)

    def test_a_coupled_runner_s_own_number_means_its_entry(self, race: Maker) -> None:
        entry = race(a=0.2, b=0.5, c=0.3)
        for at, number in ((0, "1"), (2, "1A")):
            entry["runners"][at] |= {"betting_interest": "1", "number": number}
        found = race_exotics(entry, "fresh", "exacta", ["1A", "2"], 10)
        assert [each["numbers"] for each in found["combinations"]] == [["1", "2"], ["2", "1"]]

    def test_some_runners_are_named_by_number_or_id(self, race: Maker) -> None:
        boxed = race_exotics(race(a=0.4, b=0.3, c=0.2, d=0.1), "fresh", "exacta", ["1", "d"], 10)
        assert {tuple(each["numbers"]) for each in boxed["combinations"]} == set(permutations(("1", "4")))

    def test_the_model_s_own_exponents_count_or_else_the_usual_ones(self, race: Maker) -> None:
        assert exponents_of(race(a=1.0) | {"exponents": FITTED}) == tuple(FITTED)
        assert exponents_of(race(a=1.0) | {"exponents": []}) == DISCOUNTED

    @pytest.mark.parametrize(
        ("changes", "pool", "runners", "title"),
        [
            ({"status": "ABANDONED"}, "exacta", [], "Abandoned"),
            ({"runners": []}, "exacta", [], "No probabilities"),
            ({}, "superfecta", [], "No such bet"),
            ({}, "exacta", ["9"], "No such runner"),
        ],
    )
    def test_what_has_no_answer_is_refused_in_words(
        self, race: Maker, changes: dict[str, Any], pool: str, runners: list[str], title: str
    ) -> None:
        with pytest.raises(ProblemError) as refused:
            race_exotics(race(a=0.5, b=0.3, c=0.2) | changes, "fresh", pool, runners, 10)
        assert (refused.value.title, RACE in str(refused.value)) == (title, True)

    def test_a_race_of_more_runners_than_can_be_gone_through_is_refused(self, race: Maker) -> None:
        with pytest.raises(ProblemError, match="41 betting interests"):
            race_exotics(race(**{f"r{n}": 1.0 / 41 for n in range(41)}), "fresh", "exacta", [], 10)


class TestOfSeveralRaces:
    def test_a_double_is_the_product_of_its_legs(self, race: Maker) -> None:
        found = race_pick([race(a=0.6, b=0.4), race(OTHER, c=0.7, d=0.3)], ["fresh", "stale"], 2)
        assert [leg["freshness"] for leg in found["legs"]] == ["fresh", "stale"]
        assert [each["runner_ids"] for each in found["combinations"]] == [[["a"], ["c"]], [["b"], ["c"]]]
        assert found["combinations"][0]["probability"] == pytest.approx(0.42)

    def test_an_abandoned_leg_refuses_the_whole(self, race: Maker) -> None:
        with pytest.raises(ProblemError, match=f"Race {OTHER} is abandoned"):
            race_pick([race(a=1.0), race(OTHER, {"status": "ABANDONED"}, b=1.0)], ["fresh", "fresh"], 2)


class TestRoutes:
    @pytest.fixture
    async def client(self, race: Maker) -> AsyncIterator[httpx.AsyncClient]:
        """A gateway with two races that have probabilities, and one that was called off."""
        app = create_app("127.0.0.1:9")
        views = [
            race(a=0.4, b=0.3, c=0.2, d=0.1),
            race(OTHER, e=0.7, f=0.3),
            race(OFF, {"status": "ABANDONED"}, g=1.0),
        ]
        records = [RaceRecord(each["race_id"], each, 0, at) for at, each in enumerate(views)]
        app.state.hub.apply(Run("00112233445566aa", records, [], [], 0, True))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as opened:
            yield opened

    @pytest.mark.parametrize(
        ("pool", "count"),
        [
            ("exacta", 12),
            ("quinella", 6),
            ("trifecta", 24),
            ("tierce", 24),
            ("trio", 4),
            ("superfecta", 24),
            ("first4", 1),
        ],
    )
    async def test_every_pool_shares_out_everything(
        self, client: httpx.AsyncClient, pool: str, count: int
    ) -> None:
        answer = await client.get(f"/v1/races/{RACE}/exotics?pool={pool}&limit=100")
        found = answer.json()["combinations"]
        assert len(found) == count
        assert sum(each["probability"] for each in found) == pytest.approx(1.0)

    async def test_ten_exactas_are_what_is_told_unless_more_is_asked_for(
        self, client: httpx.AsyncClient
    ) -> None:
        found = (await client.get(f"/v1/races/{RACE}/exotics")).json()
        assert (found["pool"], len(found["combinations"]), found["freshness"]) == ("exacta", 10, "unknown")
        boxed = await client.get(f"/v1/races/{RACE}/exotics?runners=1&runners=2")
        assert len(boxed.json()["combinations"]) == 2

    async def test_who_has_an_answer_is_told_so(self, client: httpx.AsyncClient) -> None:
        first = await client.get(f"/v1/races/{RACE}/exotics?pool=trio")
        held = {"if-none-match": first.headers["etag"]}
        assert float(first.headers["hpr-data-age"]) > 0.0
        assert (await client.get(f"/v1/races/{RACE}/exotics?pool=trio", headers=held)).status_code == 304
        assert (await client.get(f"/v1/races/{RACE}/exotics?pool=tierce", headers=held)).status_code == 200

    async def test_a_pick_over_two_races(self, client: httpx.AsyncClient) -> None:
        found = (await client.get(f"/v1/exotics/pick?races={RACE}&races={OTHER}&limit=3")).json()
        assert [leg["race_id"] for leg in found["legs"]] == [RACE, OTHER]
        assert found["combinations"][0]["numbers"] == ["1", "1"]
        assert found["combinations"][0]["fair_dividend"] == pytest.approx(1.0 / 0.28)

    @pytest.mark.parametrize(
        ("path", "status", "said"),
        [
            (f"/v1/races/{OFF}/exotics", 409, "abandoned"),
            ("/v1/races/BEL-20230715-09/exotics", 404, "GET /v1/races lists the races"),
            (f"/v1/races/{RACE}/exotics?pool=pick6", 422, "pool"),
            (f"/v1/races/{RACE}/exotics?limit=0", 422, "limit"),
            (f"/v1/races/{RACE}/exotics?runners=77", 422, "'77'"),
            (f"/v1/exotics/pick?races={RACE}", 422, "races"),
            (f"/v1/exotics/pick?races={RACE}&races={RACE}", 422, "every race once"),
            (f"/v1/exotics/pick?races={RACE}&races={OFF}", 409, "abandoned"),
        ],
    )
    async def test_a_problem_says_what_to_do(
        self, client: httpx.AsyncClient, path: str, status: int, said: str
    ) -> None:
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert said in answer.json()["detail"]
