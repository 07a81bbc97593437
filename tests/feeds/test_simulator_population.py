import numpy as np
import pytest

from feeds.simulator.population import (
    ABILITY,
    FORM_PERSISTENCE,
    HERITABILITY,
    HORSES,
    STAMINA,
    STRING,
    STRINGS,
    deal,
    population,
    trip,
)

GB = population(1, "GB")


def correlation(a: object, b: object) -> float:
    return float(np.corrcoef(np.asarray(a), np.asarray(b))[0, 1])


def test_the_same_seed_breeds_the_same_horses_and_another_country_others() -> None:
    population.cache_clear()
    again, abroad = population(1, "GB"), population(1, "IE")
    assert (again.traits == GB.traits).all()
    assert (again.strings == GB.strings).all()
    assert (abroad.traits != GB.traits).all()


@pytest.mark.parametrize("trait", range(6))
def test_offspring_resemble_sire_and_dam_as_much_as_the_trait_is_bred(trait: int) -> None:
    # A parent gives half: the correlation with its breeding value is half the root of heritability.
    expected = 0.5 * HERITABILITY[trait] ** 0.5
    assert correlation(GB.traits[:, trait], GB.sires[GB.sire, trait]) == pytest.approx(expected, abs=0.07)
    assert correlation(GB.traits[:, trait], GB.dams[GB.dam, trait]) == pytest.approx(expected, abs=0.07)


def test_half_siblings_are_alike_and_strangers_are_not() -> None:
    order = np.argsort(GB.sire, kind="stable")
    ability = GB.traits[order, ABILITY]
    same = GB.sire[order][1:] == GB.sire[order][:-1]
    siblings = correlation(ability[1:][same], ability[:-1][same])
    assert siblings == pytest.approx(0.25 * HERITABILITY[ABILITY], abs=0.04)
    assert abs(correlation(GB.traits[1:, ABILITY], GB.traits[:-1, ABILITY])) < 0.03


def test_traits_have_variance_one() -> None:
    assert GB.traits.std(axis=0) == pytest.approx(np.ones(6), abs=0.1)


def test_form_persists_from_one_race_to_the_next_and_fades_over_a_season() -> None:
    assert correlation(GB.form[:, -1], GB.form[:, -2]) == pytest.approx(FORM_PERSISTENCE, abs=0.02)
    assert abs(correlation(GB.form[:, -1], GB.form[:, -13])) < 0.12


def test_the_handicapper_is_near_the_truth_but_not_on_it() -> None:
    assert 0.8 < correlation(GB.rating, GB.traits[:, ABILITY]) < 0.95


def test_every_horse_is_in_one_string_of_like_age_trip_and_rating() -> None:
    assert sorted(GB.strings.ravel().tolist()) == list(range(HORSES))
    assert GB.strings.shape == (STRINGS, STRING)
    assert np.median(np.ptp(GB.rating[GB.strings], axis=1)) < 0.2 * np.ptp(GB.rating)
    assert np.mean(np.ptp(trip(GB.traits[GB.strings, STAMINA]), axis=1) > 0) < 0.05


def test_levels_rank_strings_by_rating() -> None:
    means = GB.rating[GB.strings].mean(axis=1)
    assert means[np.argsort(GB.levels)].tolist() == sorted(means.tolist())


def test_dealing_is_by_age_then_trip_then_rating() -> None:
    age, sex = np.array([3, 2, 3, 3]), np.zeros(4, dtype=np.int64)
    traits = np.zeros((4, 6))
    traits[3, STAMINA] = 2.0
    assert deal(np.array([1.0, 9.0, 0.5, 0.0]), age, sex, traits).tolist() == [1, 2, 0, 3]
