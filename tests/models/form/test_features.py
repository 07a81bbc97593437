"""Features compare each runner with those that still run against it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from models.form import context
from models.form.book import AT as VALUE_AT
from models.form.book import FormBook
from models.form.facts import RaceFacts, RaceFinish, Runner
from models.form.features import AT, CENTRED, FEATURE_GROUPS, FEATURES, features, means, ranks
from models.layout import Floats

Race = tuple[RaceFacts, RaceFinish]


@pytest.fixture(scope="session", name="today")
def card_and_values(races: list[Race]) -> tuple[RaceFacts, Floats]:
    book = FormBook()
    for facts, finish in races[:-4]:
        book.settle(facts.race_date)
        book.learn(facts, finish)
    facts = races[-1][0]
    book.settle(facts.race_date)
    return facts, book.look(facts)


def test_a_scratch_needs_no_new_form(today: tuple[RaceFacts, Floats]) -> None:
    facts, values = today
    active = np.ones(len(facts.runners), dtype=np.bool_)
    active[1] = False
    left = replace(facts, runners=tuple(r for r, runs in zip(facts.runners, active, strict=True) if runs))
    everyone = np.ones(len(left.runners), dtype=np.bool_)
    assert_array_equal(features(facts, values, active), features(left, values[active], everyone))


def test_no_feature_depends_on_the_order_of_the_runners(today: tuple[RaceFacts, Floats]) -> None:
    facts, values = today
    order = np.arange(len(facts.runners))[::-1]
    turned = replace(facts, runners=tuple(facts.runners[at] for at in order))
    active = np.ones(len(order), dtype=np.bool_)
    straight = features(facts, values, active)
    assert_allclose(features(turned, values[order], active), straight[order], rtol=1e-9, atol=1e-9)


def test_centred_features_sum_to_nothing(today: tuple[RaceFacts, Floats]) -> None:
    facts, values = today
    found = features(facts, values, np.ones(len(facts.runners), dtype=np.bool_))[:, : len(CENTRED)]
    assert_allclose(np.nansum(found, axis=0), 0.0, atol=1e-8)


@pytest.mark.parametrize("runners", [1, 2, 40])
def test_fields_of_any_size_without_form(runners: int) -> None:
    from datetime import date

    facts = RaceFacts(
        "ST-20200101-01", date(2020, 1, 1), "ST", tuple(Runner(str(at)) for at in range(runners))
    )
    found = features(facts, FormBook().look(facts), np.ones(runners, dtype=np.bool_))
    assert found.shape == (runners, len(FEATURES))
    assert not np.isinf(found).any()


@given(st.lists(st.one_of(st.floats(-5.0, 5.0), st.just(float("nan"))), min_size=1, max_size=14))
@settings(max_examples=200)
def test_ranks_are_shares_of_rivals_beaten(column: list[float]) -> None:
    found = ranks(np.array(column)[:, None])[:, 0]
    known = ~np.isnan(np.array(column))
    assert_array_equal(np.isnan(found), ~known)
    if known.sum() > 1:
        assert found[known].mean() == pytest.approx(0.5)
        assert (found[known] >= 0.0).all()
        assert (found[known] <= 1.0).all()


def test_the_mean_of_nothing_is_nothing() -> None:
    assert_array_equal(means(np.full((3, 2), np.nan)), [0.0, 0.0])


def test_a_rider_on_a_rival_and_one_who_is_back_are_seen(today: tuple[RaceFacts, Floats]) -> None:
    facts, values = today
    riders = [runner.jockey for runner in facts.runners]
    assert len(set(riders)) > 1
    found = features(facts, values, np.ones(len(riders), dtype=np.bool_))
    assert set(found[:, AT["rider_rides_rival"]]) <= {0.0, 1.0}
    assert found[:, AT["rider_rides_rival"]].any()


def test_that_a_sire_is_known_tells_nothing(today: tuple[RaceFacts, Floats]) -> None:
    """Profiles made later know the sires of some horses: which of them, is knowledge of the future."""
    facts, values = today
    active = np.ones(len(facts.runners), dtype=np.bool_)
    gsr = [AT[name] for name in FEATURE_GROUPS["gsr"]]
    others = [at for at in range(len(FEATURES)) if at not in gsr]
    whole = features(facts, values, active)
    assert np.isfinite(whole[:, gsr]).all()
    unknown = replace(facts, runners=(replace(facts.runners[0], sire=""), *facts.runners[1:]))
    found = features(unknown, values, active)
    assert np.isnan(found[:, gsr]).all()
    assert_array_equal(found[:, others], whole[:, others])
    active[0] = False
    assert np.isfinite(features(unknown, values, active)[:, gsr]).all()


def test_where_gear_is_listed_a_runner_without_any_wears_none(today: tuple[RaceFacts, Floats]) -> None:
    facts, values = today
    active = np.ones(len(facts.runners), dtype=np.bool_)
    unlisted, some = values.copy(), values.copy()
    gear = [VALUE_AT[name] for name in context.GEAR_COLUMNS]
    worn = VALUE_AT["B_worn"]
    unlisted[:, gear] = np.nan
    some[:, gear] = np.nan
    some[0, gear] = 0.0
    some[0, worn] = 1.0
    assert np.isnan(features(facts, unlisted, active)[:, AT["B_worn"]]).all()
    share = 1.0 / len(facts.runners)
    found = features(facts, some, active)[:, AT["B_worn"]]
    assert_allclose(found, [1.0 - share] + [-share] * (len(facts.runners) - 1))
