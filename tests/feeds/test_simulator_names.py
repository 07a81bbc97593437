import pytest

from feeds.simulator.names import HORSES, PAIRS, PEOPLE, horse, parent, rider, trainer


@pytest.mark.parametrize("shift", [0, 12_345])
def test_a_horse_has_its_name_for_itself(shift: int) -> None:
    assert len({horse(number, shift) for number in range(HORSES)}) == HORSES


def test_sires_and_dams_have_other_names_than_runners() -> None:
    parents = {parent(number, 7) for number in range(PAIRS)}
    assert len(parents) == PAIRS
    assert not parents & {horse(number, 7) for number in range(HORSES)}


def test_riders_and_trainers_are_told_apart() -> None:
    assert len({rider(n) for n in range(PEOPLE)}) == len({trainer(n) for n in range(PEOPLE)}) == PEOPLE
