from typing import Any

import pytest

from streams.backtest import Entrant, Setup, run
from streams.backtest.charts import equity, reliability
from streams.backtest.figures import bootstrap, drawdown, report_of
from streams.backtest.page import page
from streams.backtest.strategies import Favourite
from streams.backtest.walk import points, walk


@pytest.fixture
def outcome(races: Any) -> Any:
    """Sixty races on as many days; every third favourite wins."""
    events = []
    for n in range(60):
        day = f"2023-{n // 28 + 1:02}-{n % 28 + 1:02}"
        one = races(f"TST-{day.replace('-', '')}-01", day=day, off=1_672_531_200_000_000 + n * 86_400_000_000)
        order = ["1", "2", "3"] if n % 3 == 0 else ["2", "1", "3"]
        paid = [("WIN", order[0], 20.0 + n % 2)]
        events += [one.card(3), one.odds(0, {"1": 2.0, "2": 3.0, "3": 6.0}), one.result(order, paid)]
    events.sort(key=lambda e: e[1]["recorded_time"])
    return run(events, [Entrant("favourite", Favourite())], Setup())


def test_a_report_adds_up(outcome: Any) -> None:
    report = report_of(outcome.ledgers[0], outcome, tried=7)
    assert (report.bets, report.won, report.turnover) == (60, 20, 600.0)
    assert report.profit == pytest.approx(sum(t.profit for t in outcome.ledgers[0].tickets))
    assert report.equity[-1][1] == pytest.approx(report.profit)
    for groups in report.groups.values():
        assert sum(g.bets for g in groups) == 60
        assert sum(g.profit for g in groups) == pytest.approx(report.profit)
    assert report.roi_interval is not None
    assert report.roi is not None
    assert report.roi_interval[0] < report.roi < report.roi_interval[1]
    (belief,) = report.beliefs
    assert (belief.races, sum(b.count for b in belief.bins)) == (60, 180)
    assert belief.log_loss == belief.market_log_loss


def test_the_gravest_thing_is_said_first(outcome: Any) -> None:
    notes = report_of(outcome.ledgers[0], outcome, tried=7).notes
    assert notes[0].startswith("These prices could not be seen when betting")
    assert "too small to say anything" in notes[1]
    assert notes[2].startswith("7 strategies were tried")


def test_the_interval_is_that_of_days_and_the_same_each_time(outcome: Any) -> None:
    tickets = outcome.ledgers[0].tickets
    assert bootstrap(tickets) == bootstrap(tickets)
    assert bootstrap(tickets[:1]) is None
    assert bootstrap([]) is None


def test_drawdown_is_the_largest_fall() -> None:
    assert drawdown([]) == 0.0
    assert drawdown([-3, 1, -4]) == 6.0


def test_the_page_stands_alone_and_escapes_names(outcome: Any) -> None:
    outcome.ledgers[0].name = "<script>"
    report = report_of(outcome.ledgers[0], outcome)
    text = page([report], "A & B")
    assert "<script>" not in text
    assert "http" not in text
    assert text.count("<svg") == 2
    assert text.index("could not be seen") < text.index("<h1>")


def test_charts_of_nothing_say_so() -> None:
    assert "No settled bets" in equity([])
    assert "<svg" in reliability([])


def test_a_grid_is_all_combinations() -> None:
    assert points({"a": [1, 2], "b": [3]}) == [{"a": 1, "b": 3}, {"a": 2, "b": 3}]
    assert points({}) == [{}]


def test_a_walk_chooses_by_what_came_before(outcome: Any) -> None:
    walked = walk(outcome.ledgers, 7)
    assert [choice.period for choice in walked.choices] == ["2023-03"]  # 30 bets are needed to choose
    assert len(walked.ledger.tickets) == 4
    assert walked.hindsight == "favourite"
