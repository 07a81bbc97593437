from collections.abc import Callable
from typing import Any

import pytest

from feeds.betfair.definition import card, is_off, result, scratches, stage, starting_price, status
from feeds.betfair.messages import Definition, Runner
from feeds.betfair.races import RaceDirectory
from schemas.records import RaceStage

Defined = Callable[..., Definition]
RunnerMaker = Callable[..., dict[str, Any]]
NOON = 1_667_736_000_000_000


def closed(runner: RunnerMaker, *statuses: str) -> dict[str, Any]:
    return {
        "status": "CLOSED",
        "runners": [runner(n, status=status, bsp=2.0 + n) for n, status in enumerate(statuses, 1)],
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "SCHEDULED"),
        ({"status": "INACTIVE"}, "SCHEDULED"),
        ({"status": "SUSPENDED"}, "SUSPENDED"),
        ({"bspReconciled": True}, "OFF"),
        ({"bspReconciled": True, "status": "SUSPENDED"}, "OFF"),
        ({"inPlay": True, "bspReconciled": True}, "IN_PLAY"),
        ({"inPlay": True, "status": "SUSPENDED"}, "IN_PLAY"),
    ],
)
def test_stages_before_the_close(defined: Defined, change: dict[str, Any], expected: RaceStage) -> None:
    assert stage(defined(**change)) == expected


def test_a_market_closed_with_a_winner_is_closed_and_one_without_is_abandoned(
    defined: Defined, runner: RunnerMaker
) -> None:
    assert stage(defined(**closed(runner, "WINNER", "LOSER", "REMOVED"))) == "CLOSED"
    assert stage(defined(**closed(runner, "REMOVED", "REMOVED", "REMOVED"))) == "ABANDONED"
    assert stage(defined(**closed(runner, "ACTIVE", "ACTIVE", "REMOVED"))) == "ABANDONED"


def test_from_the_reconciled_starting_price_on_the_race_is_off(defined: Defined) -> None:
    assert not is_off(defined(status="SUSPENDED"))
    assert is_off(defined(bspReconciled=True))
    assert is_off(defined(inPlay=True))
    assert is_off(defined(status="CLOSED"))


def test_the_card_states_race_and_entries(defined: Defined, runner: RunnerMaker) -> None:
    definition = defined(raceType="Flat", runners=[runner(11, name="4. Kahuka"), runner(12, name=None)])
    race = RaceDirectory().race("1.1", definition)
    body = card("1.1", race, definition)
    assert body["market_id"] == "1.1"
    assert (body["track_code"], body["race_date"], body["race_number"]) == (race.track.code, "2022-11-06", 6)
    assert (body["race_name"], body["race_type"]) == ("R6 1000m Hcap", "Flat")
    assert (body["country"], body["time_zone"]) == ("AU", "Australia/Sydney")
    assert body["scheduled_off"] == 1_667_712_000_000_000
    assert body["number_of_runners"] == 2
    assert body["places_paid"] is None
    first, second = body["entries"]
    assert (first["runner_id"], first["program_number"], first["horse_name"]) == ("11", "4", "Kahuka")
    assert (second["runner_id"], second["program_number"], second["horse_name"]) == ("12", None, None)


def test_a_place_market_s_card_says_how_many_places_pay_and_no_race_name(defined: Defined) -> None:
    definition = defined(marketType="PLACE", name="To Be Placed", numberOfWinners=3)
    body = card("1.2", RaceDirectory().race("1.2", definition), definition)
    assert (body["places_paid"], body["race_name"], body["distance_furlongs"]) == (3, None, None)


def test_runners_removed_are_scratched_once(defined: Defined, runner: RunnerMaker) -> None:
    before = defined()
    after = defined(runners=[runner(1), runner(2, status="REMOVED", adjustmentFactor=12.5), runner(3)])
    assert scratches("1.1", before, after) == [
        {
            "market_id": "1.1",
            "runner_id": "2",
            "action": "SCRATCHED",
            "reduction_factor": 12.5,
            "reason": None,
        }
    ]
    assert scratches("1.1", after, after) == []


def test_a_runner_out_at_first_sight_is_scratched(defined: Defined, runner: RunnerMaker) -> None:
    first = defined(runners=[runner(1), runner(2, status="REMOVED_VACANT")])
    (scratch,) = scratches("1.1", None, first)
    assert (scratch["runner_id"], scratch["action"]) == ("2", "SCRATCHED")


def test_a_runner_put_back_is_reinstated_without_a_reduction(defined: Defined, runner: RunnerMaker) -> None:
    out = defined(runners=[runner(1, status="REMOVED", adjustmentFactor=3.0), runner(2)])
    (back,) = scratches("1.1", out, defined(runners=[runner(1, adjustmentFactor=3.0), runner(2)]))
    assert (back["runner_id"], back["action"], back["reduction_factor"]) == ("1", "REINSTATED", None)


def test_the_off_is_when_it_was_first_said(defined: Defined) -> None:
    assert status("1.1", defined(), NOON, None)["off_time"] is None
    assert status("1.1", defined(inPlay=True), NOON, None)["off_time"] == NOON
    assert status("1.1", defined(inPlay=True), NOON + 5, NOON)["off_time"] == NOON


def test_an_abandoned_race_never_went_off(defined: Defined, runner: RunnerMaker) -> None:
    body = status("1.1", defined(**closed(runner, "REMOVED", "REMOVED")), NOON, None)
    assert (body["status"], body["off_time"]) == ("ABANDONED", None)


def test_a_win_market_s_result_knows_the_winner_and_starting_prices(
    defined: Defined, runner: RunnerMaker
) -> None:
    body = result("1.1", defined(**closed(runner, "LOSER", "WINNER", "REMOVED")))
    assert body is not None
    assert (body["market_id"], body["state"]) == ("1.1", "OFFICIAL")
    assert [
        (f["runner_id"], f["finish_position"], f["placed"], f["starting_price"]) for f in body["finishers"]
    ] == [("1", None, None, 3.0), ("2", 1, None, 4.0)]


def test_winners_of_a_dead_heat_are_both_first(defined: Defined, runner: RunnerMaker) -> None:
    body = result("1.1", defined(**closed(runner, "WINNER", "WINNER", "LOSER")))
    assert body is not None
    assert [f["finish_position"] for f in body["finishers"]] == [1, 1, None]


def test_a_place_market_s_result_knows_who_placed_and_no_order(defined: Defined, runner: RunnerMaker) -> None:
    placed = defined(marketType="PLACE", **closed(runner, "WINNER", "WINNER", "LOSER", "PLACED"))
    body = result("1.2", placed)
    assert body is not None
    assert [(f["finish_position"], f["placed"], f["starting_price"]) for f in body["finishers"]] == [
        (None, True, None),
        (None, True, None),
        (None, False, None),
        (None, True, None),
    ]


def test_there_is_no_result_before_the_close_or_of_an_abandoned_race(
    defined: Defined, runner: RunnerMaker
) -> None:
    assert result("1.1", defined(inPlay=True)) is None
    assert result("1.1", defined(**closed(runner, "REMOVED", "REMOVED"))) is None


@pytest.mark.parametrize(
    ("said", "price"), [(3.45, 3.45), ("3.45", 3.45), ("NaN", None), ("Infinity", None), (None, None)]
)
def test_starting_prices_are_numbers_or_none(said: float | str | None, price: float | None) -> None:
    assert starting_price(Runner(1, bsp=said)) == price
