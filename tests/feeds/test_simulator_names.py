from hypothesis import given
from hypothesis import strategies as st

from feeds.simulator.names import FIELD_LIMIT, HORSES, PEOPLE, horse, rider, trainer


def test_a_horse_has_one_id_and_one_name() -> None:
    horses = {horse(race, entry, 0) for race in range(400) for entry in range(FIELD_LIMIT)}
    assert len({id for id, _ in horses}) == len({name for _, name in horses}) == len(horses) == HORSES


@given(st.integers(0, 10**6), st.integers(0, HORSES - 1))
def test_no_horse_runs_twice_in_266_races(race: int, shift: int) -> None:
    ids = [horse(race + n, entry, shift)[0] for n in range(266) for entry in range(FIELD_LIMIT)]
    assert len(set(ids)) == len(ids)


def test_riders_and_trainers_are_told_apart() -> None:
    assert len({rider(n) for n in range(PEOPLE)}) == len({trainer(n) for n in range(PEOPLE)}) == PEOPLE
