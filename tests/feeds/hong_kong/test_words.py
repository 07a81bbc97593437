import pytest

from feeds.hong_kong import words


@pytest.mark.parametrize(
    ("written", "lengths"),
    [
        ("鼻位", 0.05),
        ("短馬頭位", 0.1),
        ("頭位", 0.2),
        ("頸位", 0.3),
        ("3/4", 0.75),
        ("12-1/4", 12.25),
        ("3", 3.0),
    ],
)
def test_margins_are_lengths(written: str, lengths: float) -> None:
    assert words.lengths_of(written) == lengths


@pytest.mark.parametrize("written", ["---", "", "-", "多個馬位", "遙遙落後", "1/0x"])
def test_what_is_no_margin_is_none(written: str) -> None:
    assert words.lengths_of(written) is None


def test_a_name_is_read_up_to_its_brand_so_that_retirement_is_not_known() -> None:
    assert words.horse_of("福穎 (A001) (已退役)") == ("福穎", "A001")
    assert words.horse_of("佳同 (CL401)") == ("佳同", "L401")
    assert words.horse_of("no brand") is None


def test_the_first_token_of_a_section_is_its_time() -> None:
    assert words.seconds_of("23.99 12.08 11.91") == 23.99
    assert words.seconds_of("1:35.36") == 95.36
    assert words.seconds_of("---") is None


def test_odds_cut_to_one_are_still_a_price() -> None:
    assert (words.odds_of(1.0), words.odds_of(2.4), words.odds_of(None)) == (1.01, 2.4, None)


def test_legs_of_doubles_are_one_pool() -> None:
    assert words.pool_of("第一口孖寶") == words.pool_of("第十口孖寶") == "DOUBLE"
    assert words.pool_of("第二口三寶") == words.pool_of("三寶") == "TREBLE"
    assert words.pool_of("騎師王 1") is None


def test_the_all_weather_track_is_dirt() -> None:
    assert words.course_of("全天候跑道") == words.course_of("ALL WEATHER TRACK") == ("DIRT", "AWT")
    assert words.course_of('草地 - "B+2" 賽道') == ("TURF", "B+2")
