from datetime import date

import pytest

from feeds.us import words


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:12.43", 72.43),
        ("57.12", 57.12),
        ("1:12.2", 72.4),
        ("1:12 3/5", 72.6),
        ("2:03", 123.0),
        ("FR", None),
    ],
)
def test_times_are_in_hundredths_or_fifths(text: str, seconds: float | None) -> None:
    assert words.seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "lengths"),
    [("Nose", 0.05), ("Head", 0.1), ("Neck", 0.25), ("3/4", 0.75), ("2.5", 2.5), ("Last", None)],
)
def test_margins_are_words_fractions_or_numbers(text: str, lengths: float | None) -> None:
    assert words.lengths_of(text) == lengths


def test_about_distances_and_half_furlongs() -> None:
    assert words.furlongs_of("-1430") == words.furlongs_of("1430.00") == 6.5
    assert words.furlongs_of("1830") == pytest.approx(8.318, abs=1e-3)
    assert words.furlongs_of("0") is None
    with pytest.raises(ValueError, match="no distance"):
        words.furlongs_of("99999")


def test_what_could_not_be_is_refused() -> None:
    for text in ("x", "nan", "1e300"):
        with pytest.raises(ValueError, match=r"number|convert"):
            words.number(text)
    with pytest.raises(ValueError, match="from 1 to 30"):
        words.whole("31", 30)
    for text in ("20251301", "99991231", "2025-1-1"):
        with pytest.raises(ValueError, match=r"day|month|format|range"):
            words.day_of(text)
    assert words.whole(" 7", 30) == 7
    assert words.day_of("20250607") == date(2025, 6, 7)


def test_odds_to_one_become_decimal_and_zero_is_not_told() -> None:
    assert (words.odds_of("0.65"), words.odds_of("0.00"), words.odds_of("")) == (1.65, None, None)


def test_one_horse_is_one_id_whoever_writes_its_name() -> None:
    assert words.horse_id_of("Robert Bruce (CHI)") == words.horse_id_of("ROBERT  BRUCE") == "ROBERT BRUCE"
    with pytest.raises(ValueError, match="without a name"):
        words.horse_id_of(" (IRE)")


def test_runners_of_one_interest() -> None:
    assert [words.interest_of(number) for number in ("1", "1A", "1X", "12F", "F")] == [
        "1",
        "1",
        "1",
        "12",
        "F",
    ]


def test_tracks_abroad_are_other_providers() -> None:
    assert words.known_track("SAR") is not None
    assert words.known_track("WO") is not None  # Canada
    assert words.known_track("WAR") is None  # Warwick, to others
    assert words.track_of("QQX").code.startswith("US")
    with pytest.raises(ValueError, match="no code"):
        words.track_of("*ST")


def test_who_may_run_and_on_what() -> None:
    assert words.restrictions_of("AON") == "2 year olds"
    assert words.restrictions_of("HUN") == "all ages"
    assert (words.surface_of("t"), words.surface_of("d"), words.surface_of("D", all_weather=True)) == (
        "TURF", "DIRT", "SYNTHETIC",
    )  # fmt: skip
    assert words.course_of("t", "about") == "inner, about"
    assert words.race_type_of("s") == "Chase"
