import doctest
from collections.abc import Callable

import pytest

from feeds.betfair import races
from feeds.betfair.messages import Definition
from feeds.betfair.races import RaceDirectory, distance_furlongs, program_number, race_number, track_of

Defined = Callable[..., Definition]


def test_the_examples_in_the_docs_run() -> None:
    ran = doctest.testmod(races)
    assert ran.attempted >= 4
    assert ran.failed == 0


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("R6 1000m Hcap", 6),
        ("R12 1m Claim", 12),
        ("To Be Placed", None),
        ("6f Mdn", None),
        ("R123 x", None),
        ("Race 6", None),
        ("", None),
        (None, None),
    ],
)
def test_race_numbers_stand_in_front_of_the_market_s_name(name: str | None, number: int | None) -> None:
    assert race_number(name) == number


@pytest.mark.parametrize(
    ("name", "number", "horse"),
    [
        ("1. Kahuka", "1", "Kahuka"),
        ("1a. Entry Mate", "1A", "Entry Mate"),
        ("12.No Space", "12", "No Space"),
        ("Summerhills Hero", None, "Summerhills Hero"),
        ("5th Avenue", None, "5th Avenue"),
        ("123. Not A Number", None, "123. Not A Number"),
        (None, None, None),
    ],
)
def test_runners_are_called_with_or_without_a_program_number(
    name: str | None, number: str | None, horse: str | None
) -> None:
    assert program_number(name) == (number, horse)


@pytest.mark.parametrize(
    ("name", "furlongs"),
    [
        ("6f Mdn Stks", 6.0),
        ("1m2f Hcap", 10.0),
        ("2m Hrd", 16.0),
        ("1m Claim", 8.0),
        ("R3 1m Pace M", 8.0),
        ("To Be Placed", None),
        (None, None),
    ],
)
def test_distances_in_miles_and_furlongs(name: str | None, furlongs: float | None) -> None:
    assert distance_furlongs(name) == furlongs


def test_distances_of_three_digits_and_more_are_metres() -> None:
    assert distance_furlongs("R6 1000m Hcap") == pytest.approx(1000 / 201.168)
    assert distance_furlongs("R1 2040m Pace M") == pytest.approx(2040 / 201.168)


def test_a_numbered_race_is_named_by_track_local_date_and_number(defined: Defined) -> None:
    late = defined(marketTime="2022-11-05T14:20:00.000Z")
    race = RaceDirectory().race("1.1", late)
    assert race.race_id == f"{race.track.code}-20221106-06"  # 01:20 on the 6th in Sydney
    assert (race.race_date, race.race_number, race.track.name) == ("2022-11-06", 6, "Randwick")


def test_a_race_without_a_number_is_named_by_its_first_off_in_utc(defined: Defined) -> None:
    kempton = defined(venue="Kempton", countryCode="GB", timezone="Europe/London", name="7f Hcap")
    assert RaceDirectory().race("1.1", kempton).race_id == "KEMP-20221106-T0520"


def test_a_delay_does_not_change_the_id(defined: Defined) -> None:
    directory = RaceDirectory()
    first = directory.race("1.1", defined(name="7f Hcap"))
    assert directory.race("1.1", defined(name="7f Hcap", marketTime="2022-11-06T05:45:00.000Z")) is first


def test_the_win_market_lends_its_number_to_the_place_market(defined: Defined) -> None:
    directory = RaceDirectory()
    win = directory.race("1.1", defined())
    place = directory.race("1.2", defined(marketType="PLACE", name="To Be Placed"))
    assert place.race_id == win.race_id


def test_what_is_learned_first_serves_a_place_market_that_comes_first(defined: Defined) -> None:
    directory = RaceDirectory()
    directory.learn(defined())
    place = directory.race("1.2", defined(marketType="PLACE", name="To Be Placed"))
    assert place.race_number == 6


def test_another_off_time_or_track_is_another_race(defined: Defined) -> None:
    directory = RaceDirectory()
    directory.learn(defined())
    later = defined(name="To Be Placed", marketTime="2022-11-06T06:00:00.000Z")
    elsewhere = defined(name="To Be Placed", venue="Flemington", timezone="Australia/Melbourne")
    assert directory.race("1.2", later).race_number is None
    assert directory.race("1.3", elsewhere).race_number is None


def test_an_unknown_venue_gets_a_track_of_its_own_made_from_its_name(defined: Defined) -> None:
    track = track_of(defined(venue="Nowhere Downs", countryCode="NZ", timezone="Pacific/Auckland"))
    assert (track.name, track.country, track.time_zone) == ("Nowhere Downs", "NZ", "Pacific/Auckland")
    assert track.code.startswith("NZ")
    assert track_of(defined(venue="NOWHERE DOWNS", countryCode="NZ")).code == track.code


def test_where_no_venue_is_named_the_event_stands_in(defined: Defined) -> None:
    assert track_of(defined(venue=None, eventName="Randwick")).code == track_of(defined()).code
    nameless = track_of(defined(venue=None, eventName=None, countryCode=None, timezone=None))
    assert (nameless.country, nameless.time_zone) == ("XX", "UTC")


@pytest.mark.parametrize("wrong", [{"countryCode": "ATLANTIS"}, {"timezone": "Mars/Olympus"}])
def test_a_venue_whose_country_or_zone_cannot_be_is_an_error(defined: Defined, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"country code|time zone"):
        track_of(defined(venue="Nowhere Downs", **wrong))
