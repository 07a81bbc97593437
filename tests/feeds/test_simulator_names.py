from math import gcd

import pytest

from feeds.simulator.names import NAMES, PEOPLE, STRIDE, horse, rider, trainer
from feeds.simulator.population import HORSES


@pytest.mark.parametrize("shift", [0, 12_345])
def test_every_horse_of_a_country_has_its_name_for_itself(shift: int) -> None:
    assert len({horse(number, shift) for number in range(HORSES)}) == HORSES


def test_there_are_names_for_all_horses_and_the_stride_comes_to_each_of_them() -> None:
    assert NAMES >= HORSES
    assert gcd(STRIDE, NAMES) == 1
    assert len({horse(number, 7) for number in range(NAMES)}) == NAMES


def test_riders_and_trainers_are_told_apart() -> None:
    assert len({rider(n) for n in range(PEOPLE)}) == len({trainer(n) for n in range(PEOPLE)}) == PEOPLE
