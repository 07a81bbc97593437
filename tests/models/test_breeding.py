"""Relatives' runners are counted by surface, distance, going and age, and rated with bounds."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.breeding import Cell, Family, Relatives, cells_of
from models.guide.lines import Line
from models.tallies import Start

FAMILY = Family("FRANKEL", "GOOD MARE", "GALILEO", 2022)
TWO_ON_WET_TURF = "age on going:2 wet TURF"


def ran(won: bool, surface: str = "TURF", going: str | None = "SOFT", **changes: Any) -> Line:
    own: dict[str, Any] = {
        "day": date(2024, 9, 1).toordinal(), "track": "ASC", "furlongs": 6.0, "surface": surface,
        "going": going, "position": 1 if won else 5, "runners": 10, "lengths": 0.0, "price": None,
        "early": None, "rider": None, "geared": False, "weight": None, "share": 0.2, "learnt": True,
    }  # fmt: skip
    return Line(**{**own, **changes})


def counted(wins: int, runs: int, family: Family = FAMILY, **changes: Any) -> Relatives:
    relatives = Relatives()
    for n in range(runs):
        relatives.count(ran(n < wins, **changes), family)
    return relatives


class TestCells:
    def test_a_run_has_the_cells_of_which_enough_is_known(self) -> None:
        when = date(2024, 9, 1)
        assert cells_of(when, "TURF", 6.0, "SOFT", 2022) == {
            "surface": "surface:TURF",
            "distance": "distance:sprint",
            "going": "going:wet TURF",
            "age": "age:2",
            "age on going": TWO_ON_WET_TURF,
        }
        assert cells_of(when, "UNKNOWN", float("nan"), "SOFT", 2022) == {"age": "age:2"}
        assert cells_of(when, "UNKNOWN", float("nan"), None, 0) == {}

    def test_old_horses_are_of_one_age_and_unborn_ones_of_none(self) -> None:
        assert cells_of(date(2024, 9, 1), "UNKNOWN", 6.0, None, 2012)["age"] == "age:5"
        assert "age" not in cells_of(date(2024, 9, 1), "UNKNOWN", 6.0, None, 2024)


class TestRelatives:
    def test_each_relative_counts_whole_and_by_cell_but_a_dam_whole_only(self) -> None:
        relatives = counted(3, 8)
        assert {key: len(cells) for key, cells in relatives.tallies.items()} == {
            "sire|FRANKEL": 6, "dam_sire|GALILEO": 6, "dam|GOOD MARE": 1
        }  # fmt: skip
        told = relatives.of("sire", "FRANKEL", TWO_ON_WET_TURF)
        assert (told.wins, told.runs) == (3, 8)
        assert told.by_odds == pytest.approx(1.6)
        assert relatives.of("dam", "GOOD MARE", TWO_ON_WET_TURF).runs == 8

    def test_expected_is_an_equal_share_of_the_field(self) -> None:
        relatives = counted(3, 8)
        assert relatives.tallies["sire|FRANKEL"][""].even.expected(1.0) == pytest.approx(0.8)

    def test_odds_are_told_only_where_all_runs_were_priced(self) -> None:
        relatives = counted(3, 8)
        relatives.count(ran(False, share=None), FAMILY)
        assert relatives.of("sire", "FRANKEL", "").by_odds is None

    def test_a_run_whose_field_or_end_is_not_known_counts_nowhere(self) -> None:
        for unknown in ({"runners": None}, {"position": None, "learnt": False, "share": None}):
            assert counted(0, 3, **unknown).tallies == {}

    def test_a_cell_without_runs_is_as_the_whole_and_less_certain(self) -> None:
        relatives = counted(30, 150)
        whole, part = relatives.of("sire", "FRANKEL", ""), relatives.of("sire", "FRANKEL", "surface:DIRT")
        assert part.runs == 0
        assert part.ratio.ratio == pytest.approx(whole.ratio.ratio)
        assert part.ratio.low < whole.ratio.low

    def test_past_runs_told_of_horses_still_running_are_measured_by_each_other(self) -> None:
        relatives = Relatives()
        for n in range(3_000):  # one in five wins in fields of ten: losers are told of no longer
            relatives.count(ran(n % 5 == 0, learnt=False, share=None), Family(f"SIRE {n % 7}"))
        relatives.fit()
        ratings = [relatives.rating_of(Family(f"SIRE {n}"), "").value for n in range(7)]
        assert all(97.0 < each < 103.0 for each in ratings)


class TestRating:
    def test_an_unknown_family_is_average_and_rests_on_nothing(self) -> None:
        for family in (Family(), Family("NOBODY", "NOBODY", "NOBODY")):
            assert Relatives().rating_of(family, TWO_ON_WET_TURF) == (100.0, 100.0, 100.0, 0)

    def test_winners_among_each_of_the_relatives_raise_it(self) -> None:
        relatives = counted(40, 150)
        sire_only = relatives.rating_of(Family("FRANKEL"), "")
        both = relatives.rating_of(Family("FRANKEL", dam_sire="GALILEO"), "")
        assert 100.0 < sire_only.low < sire_only.value < both.value
        assert (sire_only.starts, both.starts) == (150, 300)

    def test_a_dams_sire_counts_half(self) -> None:
        relatives = counted(40, 150)
        sire = relatives.rating_of(Family("FRANKEL"), "").value
        dam_sire = relatives.rating_of(Family(dam_sire="GALILEO"), "").value
        assert (dam_sire / 100.0) ** 2 == pytest.approx(sire / 100.0)

    def test_a_cell_tells_those_who_like_it_from_those_who_do_not(self) -> None:
        relatives = counted(30, 100)
        for _ in range(100):
            relatives.count(ran(False, surface="DIRT", going="FAST"), FAMILY)
        family = Family("FRANKEL")
        assert relatives.rating_of(family, "surface:TURF").low > 100.0
        assert relatives.rating_of(family, "surface:DIRT").value < relatives.rating_of(family, "").value

    @given(st.integers(0, 60), st.integers(0, 300), st.sampled_from(["", TWO_ON_WET_TURF, "surface:DIRT"]))
    def test_it_lies_within_its_bounds_and_another_win_does_not_lower_it(
        self, wins: int, losses: int, cell: str
    ) -> None:
        relatives = Relatives({"sire|FRANKEL": {"": Cell(), TWO_ON_WET_TURF: Cell()}})
        tallies = [each.even for each in relatives.tallies["sire|FRANKEL"].values()]
        for tally in tallies:
            for won in [True] * wins + [False] * losses:
                tally.add(Start(won, share=0.1))
        family = Family("FRANKEL")
        before = relatives.rating_of(family, cell)
        assert 0.0 < before.low <= before.value <= before.high
        for tally in tallies:
            tally.add(Start(True, share=0.1))
            tally.add(Start(False, share=-0.1))  # a run more, as much expected
        assert relatives.rating_of(family, cell).value > before.value

    def test_priors_are_learnt_so_that_sires_who_are_alike_are_drawn_together(self) -> None:
        apart, alike = Relatives(), Relatives()
        for n in range(6_000):
            sire = n % 20
            alike.count(ran((n // 20) % 10 == 0), Family(f"S{sire}"))
            apart.count(ran((n // 20) % (5 if sire < 10 else 40) == 0), Family(f"S{sire}"))
        for each in (apart, alike):
            each.fit()
        assert apart.strengths["sire|"] < 10.0
        assert alike.strengths["sire|"] == 400.0
