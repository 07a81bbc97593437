"""How long races are kept, counted from their last event by the clock on the wall."""

from schemas.records import Event
from streams.lives import DAY, FORGOTTEN_AFTER, LEAVES_AFTER, LOST_AFTER, moves_on_at, partition_of
from streams.race import Race
from streams.state import RaceState, bury
from tests.streams.events import RACE, card, entry, result

NOW = 1_700_000_000_000_000
CARD = ("RaceCard", card([entry("1"), entry("2")]))


def state(*events: tuple[str, Event]) -> RaceState:
    race = Race(RaceState(RACE))
    for name, event in (CARD, *events):
        assert race.fold(name, event)
    return race.state


def test_a_day_a_week_a_month() -> None:
    assert (LEAVES_AFTER, LOST_AFTER, FORGOTTEN_AFTER) == (DAY, 7 * DAY, 30 * DAY)


def test_an_official_race_leaves_after_a_day() -> None:
    assert moves_on_at(state(("Result", result({"1": 1}, 9))), NOW) == NOW + DAY


def test_a_race_with_an_unofficial_result_or_none_waits_for_a_week() -> None:
    unofficial = state(("Result", result({"1": 1}, 9, "UNOFFICIAL")))
    assert moves_on_at(unofficial, NOW) == moves_on_at(state(), NOW) == NOW + 7 * DAY


def test_one_source_that_says_official_is_enough() -> None:
    told = state(
        ("Result", result({"1": 1}, 9, "UNOFFICIAL", source="simulator")), ("Result", result({"1": 1}, 12))
    )
    assert moves_on_at(told, NOW) == NOW + DAY


def test_a_result_taken_back_is_waited_for_again() -> None:
    told = state(("Result", result({"1": 1}, 9)), ("Result", result({}, 12, "UNOFFICIAL")))
    assert moves_on_at(told, NOW) == NOW + 7 * DAY


def test_a_tombstone_goes_after_a_month_official_or_not() -> None:
    for kept in (state(), state(("Result", result({"1": 1}, 9)))):
        assert moves_on_at(bury(kept), NOW) == NOW + 30 * DAY


def test_a_race_belongs_to_the_partition_that_its_events_came_from() -> None:
    kept = state()
    kept.spans = {"night.racing.odds:11": [3, 5], "night.racing.cards:11": [0, 0]}
    assert partition_of(kept) == partition_of(bury(kept)) == 11
