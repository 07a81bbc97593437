import bz2
import csv
import io
import json
import lzma
import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.tracks import all_tracks, fallback_track, find_track, local_date, track_by_code

PROJECT = Path(__file__).resolve().parents[2]
# Latitude from and to, longitude from and to, in degrees.
BOXES = {
    "GB": (50, 58, -7, 2),
    "IE": (51.5, 55.5, -10.5, -6),
    "FR": (41, 51.5, -5, 10),
    "AU": (-44, -10, 112, 154),
    "NZ": (-47, -34, 166, 179),
    "US": (25, 49, -125, -67),
    "CA": (42, 56, -124, -62),
    "JP": (31, 44, 129, 144),
    "ZA": (-35, -25, 18, 32),
    "HK": (22, 23, 113, 115),
}


def code_of(name: str, country: str | None = None) -> str | None:
    track = find_track(name, country)
    return track.code if track else None


def test_the_table_covers_the_racing_world() -> None:
    countries = {track.country for track in all_tracks()}
    assert len(all_tracks()) > 900
    assert {"GB", "IE", "US", "CA", "AU", "NZ", "FR", "HK", "ZA", "SG", "JP", "AE", "DE", "IT"} <= countries


def test_codes_are_short_and_every_time_zone_exists() -> None:
    for track in all_tracks():
        assert re.fullmatch(r"[A-Z0-9]{2,4}", track.code)
        assert re.fullmatch(r"[A-Z]{2}", track.country)
        assert ZoneInfo(track.time_zone).key == track.time_zone


def test_every_row_has_a_code_of_its_own() -> None:
    rows = (PROJECT / "schemas" / "tracks.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) - 1 == len(all_tracks())


def test_tracks_lie_in_their_countries() -> None:
    for track in all_tracks():
        assert track.latitude is not None
        assert track.longitude is not None
        south, north, west, east = BOXES.get(track.country, (-90, 90, -180, 180))
        assert south <= track.latitude <= north, track
        assert west <= track.longitude <= east, track


def test_within_a_country_a_name_means_one_track() -> None:
    for track in all_tracks():
        for name in (track.name, *track.aliases):
            assert find_track(name, track.country) == track, name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("BEL", "Belmont Park"),
        ("SAR", "Saratoga"),
        ("KD", "Kentucky Downs"),
        ("HKST", "Sha Tin"),
        (" aqu", "Aqueduct"),
    ],
)
def test_a_code_finds_its_track(code: str, name: str) -> None:
    track = track_by_code(code)
    assert track is not None
    assert track.name == name


def test_an_unknown_code_or_name_finds_none() -> None:
    assert track_by_code("NOPE") is None
    assert find_track("Nowhere Downs") is None
    assert find_track("") is None


@pytest.mark.parametrize(
    ("name", "country", "track"),
    [
        ("KEMPTON", "GB", "Kempton Park"),
        ("Kempton (AW)", None, "Kempton Park"),
        ("Dundalk (AW) (IRE)", None, "Dundalk"),
        ("Lingfield (AW) (GB) (ARAB)", None, "Lingfield Park"),
        ("Newmarket (July)", "GB", "Newmarket"),
        ("bangor on dee", None, "Bangor-on-Dee"),
        ("DAX", "FR", "Dax"),
        ("Saint Cloud", "FR", "Saint-Cloud"),
        ("Compiègne", "FR", "Compiegne"),
        ("Le Lion-D'Angers (FR)", None, "Le Lion-d'Angers"),
        ("Mount Gambier", "AU", "Mount Gambier"),
        ("Mt Gambier", "AU", "Mount Gambier"),
        ("Ladbrokes Geelong", "AU", "Geelong"),
        ("bet365 Park Kyneton", "AU", "Kyneton"),
        ("Sportsbet-Ballarat", "AU", "Ballarat"),
        ("Hastings Racecourse (CAN)", None, "Hastings"),
        ("Santa Anita Park", "US", "Santa Anita Park"),
        ("跑馬地", None, "Happy Valley"),
        ("ST", "HK", "Sha Tin"),
    ],
)
def test_what_providers_write_finds_the_track(name: str, country: str | None, track: str) -> None:
    found = find_track(name, country)
    assert found is not None
    assert found.name == track


@pytest.mark.parametrize("name", ["Ascot", "Newcastle", "Warwick", "Sandown", "Hamilton", "York"])
def test_the_country_tells_namesakes_apart(name: str) -> None:
    british, australian = find_track(name, "GB"), find_track(name, "AU")
    assert british is not None
    assert australian is not None
    assert (british.country, australian.country) == ("GB", "AU")
    assert find_track(name) is None, "without a country nobody can know which"


def test_a_country_in_the_name_overrules_the_one_given() -> None:
    assert code_of("Belmont Park (Perth) (AUS)", "GB") == code_of("Belmont", "AU")
    assert code_of("Belmont Park (USA)") == "BEL"


def test_racings_own_country_codes_are_understood() -> None:
    assert code_of("Ascot", "AUS") == code_of("Ascot", "AU")
    assert code_of("Trentham", "NZ") == code_of("Trentham")


def test_a_neighbouring_country_still_finds_the_track() -> None:
    assert code_of("Down Royal", "IE") == code_of("Down Royal", "GB") is not None
    assert code_of("Woodbine", "US") == "WO"


def test_a_distant_country_does_not() -> None:
    assert find_track("Randwick", "US") is None


def test_an_unknown_venue_gets_a_code_of_its_country_and_letters() -> None:
    track = fallback_track("Lüneburg", "GER", "Europe/Berlin")
    assert (track.code, track.name, track.country) == ("DELUNEBURG", "Lüneburg", "DE")
    assert (track.latitude, track.longitude) == (None, None)


def test_long_names_that_begin_alike_get_different_codes() -> None:
    first = fallback_track("Saint-Pierre-la-Cour", "FR", "Europe/Paris")
    second = fallback_track("Saint-Pierre-la-Roche", "FR", "Europe/Paris")
    assert first.code != second.code
    assert first.code[:9] == second.code[:9] == "FRSTPIERR"


@pytest.mark.parametrize(
    ("country", "zone"), [("", "UTC"), ("Mars", "UTC"), ("DE", "Europe/Atlantis"), ("DE", "")]
)
def test_a_fallback_needs_a_country_and_a_time_zone(country: str, zone: str) -> None:
    with pytest.raises(ValueError, match=r"country code|time zone"):
        fallback_track("Somewhere", country, zone)


@given(name=st.text(max_size=40), country=st.from_regex(r"[A-Z]{2}", fullmatch=True))
def test_any_venue_gets_a_valid_code_that_no_track_of_the_table_has(name: str, country: str) -> None:
    track = fallback_track(name, country, "UTC")
    assert re.fullmatch(r"[A-Z0-9]{5,12}", track.code)
    assert track_by_code(track.code) is None
    assert fallback_track(f" {name} (AW) ", country, "UTC").code == track.code


def test_the_local_date_is_the_tracks_own() -> None:
    randwick, belmont = find_track("Randwick", "AU"), track_by_code("BEL")
    assert randwick is not None
    assert belmont is not None
    evening = datetime(2023, 7, 15, 22, 30, tzinfo=UTC)
    assert local_date(belmont, evening) == date(2023, 7, 15)
    assert local_date(randwick, evening) == date(2023, 7, 16)
    assert local_date(belmont, evening.astimezone(timezone(timedelta(hours=9)))) == date(2023, 7, 15)


def test_an_instant_without_a_time_zone_has_no_local_date() -> None:
    belmont = track_by_code("BEL")
    assert belmont is not None
    with pytest.raises(ValueError, match="time zone"):
        local_date(belmont, datetime(2023, 7, 15, 22, 30))


def test_every_venue_of_the_stream_captures_is_known(captures: Path) -> None:
    venues: set[tuple[str, str | None]] = set()

    def note(found: dict[str, str]) -> dict[str, str]:
        if found.get("venue"):
            venues.add((found["venue"], found.get("countryCode")))
        return found

    for path in captures.rglob("*"):
        if path.suffix == ".bz2":
            documents = bz2.decompress(path.read_bytes()).splitlines()
        else:
            documents = [path.read_bytes()] if path.suffix == ".json" else []
        for document in documents:
            if b'"venue"' in document:
                json.loads(document, object_hook=note)
    assert len(venues) > 5
    assert [(venue, country) for venue, country in venues if find_track(venue, country) is None] == []


def test_every_course_of_the_british_and_irish_results_is_known(shared_data: Path) -> None:
    courses = column(shared_data / "uk_ire_results", "CourseName")
    assert len(courses) > 200
    assert [name for (name,) in courses if find_track(name, "GB") is None] == []


def test_every_track_of_the_australian_and_new_zealand_prices_is_known(shared_data: Path) -> None:
    tracks = column(shared_data / "betfair_anz_bsp", "TRACK", "STATE_CODE")
    assert len(tracks) > 200
    assert [name for name, state in tracks if find_track(name, "NZ" if state == "NZ" else "AU") is None] == []


def column(folder: Path, *names: str) -> set[tuple[str, ...]]:
    """The distinct values of some columns over every file of a folder."""
    values: set[tuple[str, ...]] = set()
    for path in folder.glob("*.csv.xz"):
        with io.TextIOWrapper(lzma.open(path), encoding="utf-8-sig") as text:
            values.update(tuple(row[name] for name in names) for row in csv.DictReader(text))
    return values
