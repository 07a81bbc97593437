from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from feeds.us.cards import Card, card_events, profile_event, run_events, work_events
from feeds.us.words import track_of
from schemas.codec import default_codec
from schemas.identity import iso

Line = Callable[..., list[str]]


def _card(*lines: list[str]) -> Card:
    return Card(track_of("SAR"), date(2025, 6, 7), 1, list(lines))


def test_the_card_is_known_at_noon_of_the_day_before(line: Line) -> None:
    card = _card(line(), line("Second Example", f43="1A", f5="A", f64="1", f41="M"), line("Third", f5="S"))
    events: list[tuple[str, Any]] = card_events(card)
    codec = default_codec()
    assert all(codec.decode(codec.encode(name, event)) == (name, event) for name, event in events)
    (_, told), (name, scratch) = events
    assert (told["race_id"], iso(told["recorded_time"])) == ("SAR-20250607-01", "2025-06-06T16:00:00.000000Z")
    assert iso(told["scheduled_off"]) == "2025-06-07T14:45:00.000000Z"  # 7:45 in the Pacific's time
    assert (told["distance_furlongs"], told["surface"], told["places_paid"]) == (6.5, "DIRT", 2)
    assert told["age_sex_restrictions"] == "3 year olds and up, fillies and mares"
    first, second, _ = told["entries"]
    assert (first["morning_line_odds"], first["year_born"], first["medications"]) == (4.5, 2021, "L1")
    assert (first["equipment"], first["betting_interest"], first["owner_name"]) == (
        "b",
        None,
        "AN OWNER, ANOTHER",
    )
    assert (second["betting_interest"], second["also_eligible"]) == ("1", True)
    assert (name, scratch["runner_id"]) == ("Scratch", "THIRD")


def test_a_horse_s_profile_runs_and_works_are_of_no_card(line: Line) -> None:
    name, profile = profile_event(_card(line()), line())
    assert (name, profile["race_id"], profile["sire_name"]) == ("HorseProfile", "", "A SIRE")  # type: ignore[typeddict-item]
    ((_, run),) = run_events(line())
    ((_, work),) = work_events(line())
    assert not isinstance(run, ValueError)
    assert not isinstance(work, ValueError)
    assert iso(run[1]["recorded_time"]) == "2024-11-08T17:00:00.000000Z"  # noon next day at Aqueduct
    assert iso(work[1]["recorded_time"]) == "2025-06-03T16:00:00.000000Z"


def test_the_same_run_told_by_another_file_is_the_same_event(line: Line) -> None:
    ((_, run),) = run_events(line())
    ((_, again),) = run_events(line(f1="BEL", f2="20250801", f28="ANOTHER TRAINER"))
    assert run == again


def test_a_run_that_cannot_be_is_told_and_the_others_stand(line: Line) -> None:
    told = dict(run_events(line(f257="20241004", f277="AQU", f297="6", f317="1320", f256="soon")))
    assert isinstance(told[0], ValueError)
    assert not isinstance(told[1], ValueError)


def test_a_foal_of_the_last_century(line: Line) -> None:
    (_, told), *_ = card_events(Card(track_of("SAR"), date(2003, 6, 7), 1, [line(f46="98")]))
    assert told["entries"][0]["year_born"] == 1998  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("text", "off"), [("1902", "2025-06-08T02:02"), ("900", "2025-06-07T16:00"), ("2575", None)]
)
def test_post_times_are_the_pacific_s(line: Line, text: str, off: str | None) -> None:
    (_, told), *_ = card_events(_card(line(f1418=text)))
    found = told["scheduled_off"]  # type: ignore[typeddict-item]
    assert (iso(found)[:16] if found else None) == off


@pytest.mark.parametrize("field", ["f6", "f12", "f51"])
def test_a_card_that_cannot_be_is_an_error(line: Line, field: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        card_events(_card(line(**{field: "-9e99"})))
