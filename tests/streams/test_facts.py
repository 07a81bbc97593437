"""Facts: what a card, the going or a result changed, told once, with the id of its event."""

from schemas.records import Alert, Event
from streams import engine
from streams.replay import Races, located
from streams.scoring import default_scorer
from tests.streams.events import card, entry, going, odds, price, result, scratch

Named = tuple[str, Event]


def alerts(*events: Named) -> list[Alert]:
    return engine.run(located(events), Races(), default_scorer()).alerts


def carded(seconds: float, **fields: object) -> Named:
    return "RaceCard", card([entry("1", **fields), entry("2"), entry("3")], seconds)


def told(*events: Named) -> list[tuple[str, str]]:
    return [(alert["kind"], alert["headline"]) for alert in alerts(*events)]


def test_another_rider() -> None:
    changed = told(carded(0, jockey_name="R. Moore"), carded(9, jockey_name="F. Dettori"))
    assert changed == [("RIDER", "1 Horse 1: F. Dettori rides instead of R. Moore")]


def test_other_equipment_and_weight() -> None:
    changed = told(
        carded(0, equipment="blinkers", weight_carried_lbs=126.0),
        carded(9, equipment="none", weight_carried_lbs=121.0),
    )
    assert changed == [
        ("EQUIPMENT", "1 Horse 1: equipment none, was blinkers"),
        ("WEIGHT", "1 Horse 1 carries 121 lbs instead of 126"),
    ]


def test_what_was_not_known_before_is_no_news() -> None:
    assert told(carded(0), carded(9, jockey_name="F. Dettori", weight_carried_lbs=120.0)) == []


def test_the_going_once_it_changes() -> None:
    wet = ("Conditions", going("MUDDY", 9))
    assert told(carded(0), ("Conditions", going("FAST", 1)), wet) == [("GOING", "Going muddy, was fast")]


def test_a_result_when_first_told_when_official_and_when_corrected() -> None:
    first = ("Result", result({"1": 1, "2": 2}, 3000, "UNOFFICIAL"))
    official = ("Result", result({"1": 1, "2": 2}, 3001))
    corrected = ("Result", result({"1": 2, "2": 1}, 3002))
    found = alerts(carded(0), first, official, ("Result", result({"1": 1, "2": 2}, 3001.5)), corrected)
    assert [alert["headline"] for alert in found] == [
        "Result, not yet official: 1 Horse 1",
        "Official result: 1 Horse 1",
        "Official result: 2 Horse 2",
    ]
    assert found[0]["detail"] == "1. 1 Horse 1, 2. 2 Horse 2"
    assert len({alert["event_id"] for alert in found}) == 3


def test_a_scratch_says_what_it_changes() -> None:
    prices = ("OddsUpdate", odds([price("1", 2.5), price("2", 3.0), price("3", 4.0)], 1))
    [alert] = alerts(carded(0), prices, ("Scratch", scratch("2", 5)))
    assert not alert["favourite"]
    assert "1 Horse 1" in alert["detail"]
    assert "3 Horse 3" in alert["detail"]
    assert "%" in alert["detail"]


def test_a_scratch_says_whether_it_was_the_favourite_in_one_run_or_two() -> None:
    prices = ("OddsUpdate", odds([price("1", 2.5), price("2", 3.0), price("3", 4.0)], 1))
    out = ("Scratch", scratch("1", 5))
    races = Races()
    engine.run(located([carded(0), prices]), races, default_scorer())
    later = engine.run(located([out]), races, default_scorer()).alerts
    assert [
        alert["favourite"]
        for alert in (*alerts(carded(0), prices, out), *later)
        if alert["kind"] == "SCRATCH"
    ] == [True, True]
