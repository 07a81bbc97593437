from collections.abc import Callable

import pytest

from feeds.hong_kong import details
from feeds.hong_kong.race import Paid, Section
from feeds.tables import Row

Make = Callable[..., dict[str, str]]


def paid(pool: str, combination: str, dividend: str) -> list[Paid]:
    return details.dividends_of({"pool": pool, "combination": combination, "dividend_hkd": dividend})


def test_a_race_is_told_in_english(result_line: Make) -> None:
    race = details.race_of(result_line("1", "3", "甲 (V101)"))
    assert (race.race_class, race.going, race.prize) == ("Class 4", "GOOD", 780_000.0)
    assert race.leader_seconds == (27.99, 53.84, 78.75, 99.60)


@pytest.mark.parametrize("code", ["WV", "WV-A", "WX", "WX-A", "WXNR"])
def test_place_codes_of_withdrawal_are_scratches(result_line: Make, code: str) -> None:
    gone = details.runner_of(result_line(code, "", "甲 (V101)", draw="---", win_odds="---", jockey="---"))
    assert (gone.scratched, gone.placing, gone.number, gone.draw) == (True, None, None, None)
    assert (gone.odds, gone.jockey) == (None, None)


@pytest.mark.parametrize("code", ["PU", "UR", "FE", "DNF", "TNP", "DISQ"])
def test_other_codes_are_starters_without_a_placing(result_line: Make, code: str) -> None:
    runner = details.runner_of(result_line(code, "3", "甲 (V101)"))
    assert (runner.scratched, runner.placing, runner.code) == (False, None, code)


def test_dead_heats_share_a_placing(result_line: Make) -> None:
    assert details.runner_of(result_line("5 平頭馬", "3", "甲 (V101)")).placing == 5


@pytest.mark.parametrize(("place", "horse"), [("贏", "甲 (V101)"), ("1", "甲")])
def test_lines_that_cannot_be_are_refused(result_line: Make, place: str, horse: str) -> None:
    with pytest.raises(ValueError, match=r"neither a placing nor a code|no brand"):
        details.runner_of(result_line(place, "3", horse))


def test_the_leader_is_no_lengths_behind_and_the_first_token_is_the_section() -> None:
    cells = {f"sec{n}_{what}": "" for n in range(1, 7) for what in ("margin", "running_pos", "time")}
    cells |= {"sec1_margin": "1-1/2", "sec1_running_pos": "1", "sec1_time": "24.03"}
    cells |= {"sec2_margin": "HD", "sec2_running_pos": "2", "sec2_time": "23.99 12.08 11.91"}
    assert details.sections_of(cells) == (Section(1, 0.0, 24.03), Section(2, 0.2, 23.99))


def test_dividends_are_per_ten_unless_they_say_otherwise() -> None:
    assert paid("三重彩", "12,11,1", "3,697.00") == [Paid("TIERCE", "12-11-1", 3697.0)]
    assert paid("四重彩", "1,2,3,4", "386,757.60/$1.0") == [Paid("QUARTET", "1-2-3-4", 386757.6, 1.0)]


def test_legs_are_joined_by_a_slash_and_alternatives_are_dividends_each() -> None:
    assert paid("第一口孖寶", "4/1,12", "205.50") == [
        Paid("DOUBLE", "4/1", 205.5),
        Paid("DOUBLE", "4/12", 205.5),
    ]
    assert paid("第一口孖T", "5,10,11/1,3,11", "22,548.00") == [
        Paid("DOUBLE TRIO", "5-10-11/1-3-11", 22548.0)
    ]


@pytest.mark.parametrize("dividend", ["退款", "未能勝出", "詳情"])
def test_refunds_and_bets_that_nobody_won_are_no_dividends(dividend: str) -> None:
    assert paid("獨贏", "-", dividend) == []


def test_repeated_lines_count_once() -> None:
    lines = [Row("a:2", {"x": "1"}), Row("a:3", {"x": "1"}), Row("a:4", {"x": "2"})]
    assert [row.origin for row in details.distinct(lines)] == ["a:2", "a:4"]
