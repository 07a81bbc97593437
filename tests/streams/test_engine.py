"""Runs through the pure path: the same statements, alerts and states whatever the size of a run."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import pytest

from feeds import simulator
from schemas.records import Alert, Event
from streams import engine
from streams.engine import Located
from streams.lines import line_of_prediction, line_of_statement
from streams.replay import Races, located
from streams.scoring import default_scorer
from streams.statements import Statement, prediction
from tests.streams.events import card, entry, odds, price, result, scratch, status

Named = tuple[str, Event]
FIELD = [entry("1"), entry("2"), entry("3"), entry("4")]
OPENING: list[Named] = [
    ("RaceCard", card(FIELD)),
    ("OddsUpdate", odds([price("1", 2.0), price("2", 4.0), price("3", 6.0), price("4", 12.0)], 10)),
]


def worked(events: list[Named], size: int = 1000) -> tuple[list[Statement], list[Alert], Races]:
    races, stream = Races(), located(events)
    statements: list[Statement] = []
    alerts: list[Alert] = []
    while run := list(islice(stream, size)):
        outcome = engine.run(run, races, default_scorer())
        statements += outcome.statements
        alerts += outcome.alerts
    return statements, alerts, races


def chances(statement: Statement) -> dict[str, float]:
    return dict(zip(statement.said.runner_ids, statement.said.win, strict=True))


@pytest.fixture(scope="module")
def day() -> list[Named]:
    """Three races of a simulated day."""
    from dataclasses import replace

    demo = replace(simulator.demo(5, datetime(2026, 3, 1, 12, tzinfo=UTC)), races=3)
    return [named for named in simulator.events(demo) if named[0] != "FeedStatus"]


class TestPoints:
    def test_a_card_without_prices_gives_equal_chances(self) -> None:
        statements, _, _ = worked(OPENING[:1])
        assert chances(statements[0]) == {"1": 0.25, "2": 0.25, "3": 0.25, "4": 0.25}

    def test_another_number_of_places_is_news(self) -> None:
        four = card(FIELD, 12, market_id="place", places_paid=2)
        statements, _, _ = worked([*OPENING, ("RaceCard", four)])
        assert [round(sum(s.said.place)) for s in statements] == [1, 1, 2]

    def test_an_update_that_moves_nothing_says_nothing(self) -> None:
        again = odds([price("1", 2.0)], 12)
        assert len(worked(OPENING)[0]) == len(worked([*OPENING, ("OddsUpdate", again)])[0]) == 2

    def test_a_scratch_is_its_own_point_and_its_chance_goes_to_the_others(self) -> None:
        statements, _, _ = worked([*OPENING, ("Scratch", scratch("1", 15))])
        before, after = chances(statements[-2]), chances(statements[-1])
        assert after["1"] == -1.0
        assert all(after[runner] > before[runner] for runner in "234")
        assert sum(after[runner] for runner in "234") == pytest.approx(1, abs=1e-12)

    def test_an_abandoned_race_has_no_probabilities(self) -> None:
        statements, _, _ = worked([*OPENING, ("RaceStatus", status("ABANDONED", 20))])
        runners = prediction(statements[-1])["runners"]
        assert [runner["win_probability"] for runner in runners] == [None] * 4

    def test_a_field_of_one_walks_over(self) -> None:
        statements, _, _ = worked([("RaceCard", card(FIELD[:1]))])
        assert (statements[0].said.win, statements[0].said.place) == ([1.0], [1.0])

    def test_forty_runners_are_scored(self) -> None:
        many = [entry(str(n)) for n in range(40)]
        quotes = [price(str(n), 3.0 + n) for n in range(40)]
        statements, _, _ = worked([("RaceCard", card(many)), ("OddsUpdate", odds(quotes, 3))])
        assert sum(statements[-1].said.win) == pytest.approx(1, abs=1e-9)

    def test_coupled_runners_share_one_chance_in_a_pool(self) -> None:
        coupled = [entry("1", betting_interest="1"), entry("1A", betting_interest="1"), entry("2")]
        quotes = [price("1", 2.0), price("1A", 2.0), price("2", 2.0)]
        pool = worked([("RaceCard", card(coupled)), ("OddsUpdate", odds(quotes, 3, pool="TOTE"))])[0][-1].said
        assert pool.win == pytest.approx([0.25, 0.25, 0.5])
        exchange = worked([("RaceCard", card(coupled)), ("OddsUpdate", odds(quotes, 3))])[0][-1].said
        assert exchange.win == pytest.approx([1 / 3] * 3)

    def test_prices_after_the_off_change_no_probability(self) -> None:
        running = [price("4", 1.01)]
        events: list[Named] = [*OPENING, ("OddsUpdate", odds(running, 1900, in_play=True))]
        assert chances(worked(events)[0][-1]) == chances(worked(OPENING)[0][-1])

    def test_a_place_market_alone_gives_win_and_place(self) -> None:
        quotes = odds([price(r, p) for r, p in zip("1234", (1.3, 1.8, 2.2, 3.4), strict=True)], 3,
                      market_type="PLACE", places=2)  # fmt: skip
        said = worked([OPENING[0], ("OddsUpdate", quotes)])[0][-1].said
        assert sum(said.win) == pytest.approx(1, abs=1e-9)
        assert sum(said.place) == pytest.approx(2, abs=1e-9)
        assert said.models.startswith("place")


class TestIdentity:
    def test_a_prediction_names_the_one_before(self) -> None:
        statements, _, _ = worked([*OPENING, ("Scratch", scratch("1", 15))])
        records = [prediction(statement) for statement in statements]
        assert [r["changed_from"] for r in records] == [None, *(r["event_id"] for r in records[:-1])]
        assert [r["revision"] for r in records] == [1, 2, 3]

    def test_why_names_the_scratch_and_the_largest_moves(self) -> None:
        statements, _, _ = worked([*OPENING, ("Scratch", scratch("1", 15))])
        why = prediction(statements[-1])["why"]
        assert [reason["kind"] for reason in why] == ["SCRATCH", "PRICE", "PRICE", "PRICE"]
        assert why[0]["text"] == "1 Horse 1 scratched"

    def test_the_line_of_a_prediction_is_that_of_its_statement(self, day: list[Named]) -> None:
        statements, _, _ = worked(day)
        for statement in statements[::7]:
            assert line_of_prediction(prediction(statement)) == line_of_statement(statement)


class TestLaws:
    @pytest.mark.parametrize("size", [1, 7, 64])
    def test_runs_of_any_size_say_the_same(self, day: list[Named], size: int) -> None:
        expected, expected_alerts, expected_races = worked(day)
        statements, alerts, races = worked(day, size)
        assert [line_of_statement(s) for s in statements] == [line_of_statement(s) for s in expected]
        assert alerts == expected_alerts
        assert {id: race.state for id, race in races.items()} == {
            id: race.state for id, race in expected_races.items()
        }

    def test_probabilities_are_probabilities_at_every_point(self, day: list[Named]) -> None:
        for statement in worked(day)[0]:
            view, said = statement.point.view, statement.said
            if view.interests:
                active = [at for at, column in enumerate(view.columns) if column >= 0]
                assert sum(said.win[at] for at in active) == pytest.approx(1, abs=1e-9)
                paid = min(view.places, view.interests)
                assert sum(said.place[at] for at in active) == pytest.approx(paid, abs=1e-9)

    def test_all_events_again_change_nothing(self, day: list[Named]) -> None:
        _, _, races = worked(day)
        again = engine.run(located(day), races, default_scorer())
        assert (again.statements, again.alerts, again.folded, again.dropped) == ([], [], 0, len(day))

    def test_races_share_nothing(self, day: list[Named]) -> None:
        def of(race_id: str) -> Iterator[Named]:
            return (named for named in day if named[1]["race_id"] == race_id)

        statements, _, races = worked(day)
        for race_id in races:
            alone = [line_of_statement(s) for s in worked(list(of(race_id)))[0]]
            assert alone == [
                line_of_statement(s) for s in statements if s.point.race.state.race_id == race_id
            ]


def test_an_event_that_cannot_be_folded_is_poison_and_the_rest_goes_on() -> None:
    broken = odds([price("1", 99.0)], 5)
    broken["event_id"] = "no uuid"
    races = Races()
    run = [Located("OddsUpdate", broken, "racing.odds", 0, 7), *located(OPENING)]
    outcome = engine.run(run, races, default_scorer())
    assert [(p.located.topic, p.located.offset) for p in outcome.poison] == [("racing.odds", 7)]
    assert len(outcome.statements) == 2


def test_a_result_names_its_winner_in_the_view() -> None:
    _, _, races = worked([*OPENING, ("Result", result({"1": 1, "2": 2}, 2000))])
    assert list(next(iter(races.values())).view.winners) == ["1"]
