"""What riders, trainers and horses do together is counted against the odds, by run and situation."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.form.facts import RaceFacts, Runner
from models.guide.lines import Line
from models.synergy import KINDS, YEARS, Together, distance_band, situation, situations
from models.tallies import Tally

TODAY = date(2026, 3, 1)
RUNNER = Runner("1", "h", jockey="A. Rider", trainer="T. Trainer")
FACTS = RaceFacts("BEL-20260301-01", TODAY, "BEL", (RUNNER,), surface="DIRT")


def ran(days_ago: int, **changes: Any) -> Line:
    own: dict[str, Any] = {
        "day": TODAY.toordinal() - days_ago, "track": "BEL", "furlongs": 8.0, "surface": "DIRT",
        "going": "FAST", "position": 4, "runners": 10, "lengths": 5.0, "price": 8.0, "early": 5,
        "rider": "A. Rider", "geared": False, "weight": 120.0, "trainer": "T. Trainer",
        "share": 0.1, "learnt": True,
    }  # fmt: skip
    return Line(**{**own, **changes})


def count_all(together: Together, told: list[Line], track_code: str = "BEL") -> None:
    """As the guide does: each run with those around it that were told before it."""
    known: list[Line] = []
    for line in told:
        known.append(line)
        known.sort(key=lambda each: -each.day)
        at = known.index(line)
        before = known[at + 1] if at + 1 < len(known) else None
        together.count(line, before, known[at - 1] if at else None, track_code)


def kinds_of(together: Together, lines: list[Line], facts: RaceFacts = FACTS) -> dict[str, tuple[int, int]]:
    return {each.kind: (each.wins, each.runs) for each in together.records(RUNNER, facts, lines)}


def test_situations_and_distances_have_names() -> None:
    assert situation(5.0) == "quick"
    assert distance_band(float("nan")) == ""
    assert distance_band(14.0) == "long"


@pytest.mark.parametrize(
    ("before", "named"),
    [
        ({}, []),
        ({"day": TODAY.toordinal() - 120}, ["layoff"]),
        ({"day": TODAY.toordinal() - 7}, ["quick"]),
        ({"surface": "TURF"}, ["surface"]),
        ({"surface": "UNKNOWN"}, []),
        ({"comments": "3w turn, tired. Claimed"}, ["claim"]),
        ({"comments": "Claimed. (Placed 1st through disqualification)"}, ["claim"]),
        ({"comments": "Drew off. Claim voided"}, []),
        ({"comments": "reclaimed the lead, claimed third late"}, []),
        (
            {"day": TODAY.toordinal() - 200, "surface": "TURF", "comments": "Claimed"},
            ["layoff", "claim", "surface"],
        ),
    ],
)  # fmt: skip
def test_a_situation_is_told_by_the_run_before(before: dict[str, Any], named: list[str]) -> None:
    assert list(situations(TODAY.toordinal(), "DIRT", ran(30, **before), debut=True)) == named


def test_a_first_start_is_one_only_where_that_no_run_is_known_says_so() -> None:
    assert list(situations(TODAY.toordinal(), "DIRT", None, debut=True)) == ["first"]
    assert list(situations(TODAY.toordinal(), "DIRT", None, debut=False)) == []


def test_a_runner_is_told_the_records_that_bear_on_it_today() -> None:
    together = Together()
    told = [ran(250, position=1), ran(130, rider="Other"), ran(30, surface="TURF", comments="Claimed")]
    count_all(together, told)
    latest_first = told[::-1]
    assert kinds_of(together, latest_first) == {
        "rider_trainer": (1, 2), "track": (1, 3), "claim": (0, 0), "surface": (0, 1), "rider_horse": (1, 2)
    }  # fmt: skip
    assert kinds_of(together, [])["first"] == (0, 0)
    away = kinds_of(together, told[:1])
    assert away["layoff"] == (0, 2)


def test_runs_count_for_three_calendar_years() -> None:
    old, first, last = (ran(0, day=date(year, 6, 1).toordinal()) for year in (2023, 2024, 2025))
    for told in permutations((old, first, last)):
        together = Together()
        count_all(together, list(told))
        assert kinds_of(together, [])["rider_trainer"] == (0, 2)
    assert YEARS == 3


RUNS = st.lists(
    st.builds(
        ran,
        st.integers(1, 2_500),
        surface=st.sampled_from(["DIRT", "TURF", "UNKNOWN"]),
        position=st.sampled_from([1, 2, 7]),
        rider=st.sampled_from(["A. Rider", "B. Rider"]),
        trainer=st.sampled_from(["T. Trainer", "U. Trainer", None]),
        share=st.sampled_from([None, 0.05, 0.3]),
        comments=st.sampled_from([None, "wide", "tired. Claimed"]),
        debut=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda line: line.day,
)


@given(RUNS, st.randoms(use_true_random=False))
def test_the_order_in_which_runs_are_told_does_not_matter(told: list[Line], random: Any) -> None:
    in_order, mixed = Together(), Together()
    shuffled = random.sample(told, len(told))
    count_all(in_order, sorted(told, key=lambda line: line.day))
    count_all(mixed, shuffled)
    one, other = of_last_years(in_order), of_last_years(mixed)
    assert {key: (t.runs, t.wins) for key, t in one.items()} == {
        key: (t.runs, t.wins) for key, t in other.items()
    }
    for key, tally in one.items():
        assert tally.expected(1.2) == pytest.approx(other[key].expected(1.2), abs=1e-9)


def of_last_years(together: Together) -> dict[tuple[str, int], Tally]:
    return {
        (key, year): tally
        for key, years in together.tallies.items()
        for year, tally in years.items()
        if year > together.latest - YEARS
    }


def test_pairs_whose_runs_are_too_long_ago_are_let_go_and_teach_nothing() -> None:
    today, old = [ran(n + 1) for n in range(20)], date(2020, 6, 1).toordinal()
    whole, late = Together(), Together()
    for n in range(300):
        count_all(whole, [ran(0, day=old - n, position=1, rider="Retired", trainer=f"Gone {n % 3}")])
    for each in (whole, late):
        count_all(each, today)
        each.fit([])
    assert whole.tallies == late.tallies
    assert whole.strengths == late.strengths


def test_prices_told_alone_are_measured_by_all_that_are_told_so() -> None:
    together = Together()
    for n in range(1_000):
        count_all(together, [ran(n % 300, position=1 + n % 10, share=None, price=8.0)], track_code="")
    assert together.book == pytest.approx(1.25, abs=0.02)
    (pair, *_) = together.records(RUNNER, FACTS, [])
    assert pair.runs == 1_000
    assert pair.expected == pytest.approx(100.0, rel=0.02)


def test_runs_without_odds_or_an_end_that_is_told_count_nowhere() -> None:
    together = Together()
    count_all(together, [ran(40, share=None, price=None), ran(30, share=None, position=None)])
    assert together.tallies == {}
    count_all(together, [ran(20, position=None)])  # learnt from a result: it did not finish
    assert kinds_of(together, [])["rider_trainer"] == (0, 1)


def test_priors_are_learnt_from_what_is_counted() -> None:
    together = Together()
    for n in range(400):
        good = n % 2 == 0
        line = ran(n % 300 + 1, position=1 if good and n % 4 == 0 else 5, rider=f"R{n % 8}", share=0.25)
        count_all(together, [line])
    together.fit([[ran(1)]])
    assert set(together.strengths) == set(KINDS)
    assert together.strengths["rider_trainer"] < together.strengths["quick"]
