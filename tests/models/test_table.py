"""Races become rows in which nothing is known of a day before it is over."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from models.form.assembly import PastRace
from models.form.book import FormBook, LookAheadError
from models.table import joined, row_of, tabulate
from tests.models.form.conftest import races_of
from tests.models.trained_world import LAST_SEASON, table


def past(days: int = 12) -> list[PastRace]:
    return [PastRace(facts, frozenset(), finish) for facts, finish in races_of(days)]


def test_a_rows_features_are_those_of_a_live_look() -> None:
    races = past()
    table = tabulate(races)
    book = FormBook()
    for race in races[:-4]:
        book.settle(race.facts.race_date)
        book.learn(race.facts, race.finish)
    book.settle(races[-1].facts.race_date)
    live = row_of(races[-1], book)
    assert_array_equal(live.features, table.features[table.start[-1] :])


def test_what_comes_later_changes_no_earlier_row() -> None:
    races = past()
    short, whole = tabulate(races[:-4]), tabulate(races)
    assert_array_equal(short.features, whole.features[: len(short.features)])


def test_results_do_not_reach_the_features_of_their_own_day() -> None:
    """Turn the finishes of the last day around: its features stay."""
    races = past()
    turned = [*races[:-4], *(_turned(race) for race in races[-4:])]
    assert_array_equal(tabulate(turned).features, tabulate(races).features)


def test_days_out_of_order_are_refused() -> None:
    races = past()
    with pytest.raises(LookAheadError):
        tabulate([*races[4:12], *races[:4]])


def test_the_scratched_stand_in_no_row_and_the_sample_counts_usual_books() -> None:
    races = past(3)
    races[0] = replace(races[0], scratched=frozenset({"2"}))
    table = tabulate(races)
    assert table.runners[0] == len(races[0].facts.runners) - 1
    assert "2" not in table.runner_id[: table.runners[0]]
    kept = table.where(table.sample())
    assert len(kept) == table.sample().sum()
    assert np.isfinite(kept.log_share).all()


def test_the_digest_is_of_the_content() -> None:
    races = past(3)
    assert tabulate(races).digest() == tabulate(races).digest()
    assert tabulate(races[:-1]).digest() != tabulate(races).digest()


def _turned(race: PastRace) -> PastRace:
    runners = race.finish.runners
    last = float(len(runners)) + 1.0
    turned = tuple(replace(each, position=last - each.position, odds=3.0) for each in runners)
    return replace(race, finish=replace(race.finish, runners=turned))


def test_tables_join_as_they_were_parted() -> None:
    whole = table()
    early = whole.day < LAST_SEASON.toordinal()
    both = joined([whole.where(early), whole.where(~early)])
    assert both.digest() == whole.digest()
