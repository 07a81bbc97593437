from datetime import UTC, date, datetime

import numpy as np
import pytest

from feeds.simulator import demo, form_of, history
from feeds.simulator.population import HORSES, RIDERS, ROUND_DAYS, ROUNDS, population

DAY = demo(1, datetime(2026, 7, 16, 17, 0, tzinfo=UTC))
PAST = history(1, "GB")
STARTS = np.flatnonzero(np.diff(PAST.race, prepend=-1))


def by_race(values: np.ndarray) -> np.ndarray:
    return np.add.reduceat(values, STARTS)


def test_chances_true_and_bet_sum_to_one_in_every_race() -> None:
    assert by_race(PAST.chance) == pytest.approx(np.ones(len(STARTS)))
    assert by_race(PAST.market) == pytest.approx(np.ones(len(STARTS)))


def test_every_race_has_one_winner_and_all_places() -> None:
    assert (by_race((PAST.position == 1).astype(np.int64)) == 1).all()
    assert (by_race(PAST.position) == PAST.runners[STARTS] * (PAST.runners[STARTS] + 1) // 2).all()
    assert (PAST.lengths_behind[PAST.position == 1] == 0.0).all()


def test_no_horse_and_no_rider_is_twice_in_a_race() -> None:
    for who, many in ((PAST.horse, HORSES), (PAST.rider, RIDERS)):
        assert len(np.unique(PAST.race * many + who)) == len(PAST.race)


def test_true_chances_are_kept_by_the_results() -> None:
    for low, high in ((0.0, 0.02), (0.02, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1.0)):
        bin_ = (PAST.chance >= low) & (PAST.chance < high)
        won = (PAST.position[bin_] == 1).mean()
        error = np.sqrt(PAST.chance[bin_].mean() / bin_.sum())
        assert abs(won - PAST.chance[bin_].mean()) < 4.0 * error


def test_two_years_of_races_lie_before_the_day() -> None:
    assert PAST.days_ago.min() == 1
    assert PAST.days_ago.max() == ROUNDS * ROUND_DAYS
    assert (np.diff(PAST.race) >= 0).all()


def test_two_year_olds_have_half_a_year_of_past_others_up_to_two_years() -> None:
    age = population(1, "GB").age[PAST.horse]
    assert PAST.days_ago[age == 2].max() < 250
    assert PAST.days_ago[age == 5].max() > 650


def test_a_horse_that_ran_well_before_runs_well_again() -> None:
    beaten = (PAST.position - 1) / (PAST.runners - 1)
    order = np.lexsort((-PAST.days_ago, PAST.horse))
    same = PAST.horse[order][1:] == PAST.horse[order][:-1]
    last, this = beaten[order][:-1][same], beaten[order][1:][same]
    assert 0.05 < np.corrcoef(last, this)[0, 1] < 0.5


def test_form_is_the_latest_run_first_and_only_what_was_before() -> None:
    runs = form_of(DAY, "sim-GB-00042")
    dates = [run.run_date for run in runs]
    assert dates == sorted(dates, reverse=True)
    assert dates[0] < DAY.start.date()
    cut = dates[2]
    assert form_of(DAY, "sim-GB-00042", cut) == tuple(run for run in runs if run.run_date < cut)
    assert form_of(DAY, "sim-GB-00042", date(2000, 1, 1)) == ()


def test_form_is_what_the_table_says() -> None:
    run = form_of(DAY, "sim-GB-00042")[0]
    (row,) = np.flatnonzero((PAST.race == run.race) & (PAST.horse == 42))
    assert run.finish_position == PAST.position[row]
    assert run.number_of_runners == PAST.runners[row]
    assert run.starting_price == pytest.approx(1.0 / PAST.market[row], abs=0.005)


def test_what_is_shared_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        PAST.chance[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        population(1, "GB").traits[0] = 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        "sim-0042",
        "sim-XX-00001",
        "betfair-GB-1",
        "sim-GB-",
        "sim-GB-42",
        "sim-GB-99999",
        f"sim-GB-{HORSES}",
        "sim-GB-٠٠٠٤٢",
    ],
)
def test_ids_of_no_simulated_horse_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no simulated horse"):
        form_of(DAY, wrong)
