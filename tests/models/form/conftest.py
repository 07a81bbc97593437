"""A small world of races whose horses differ in ability, made from a seed."""

from datetime import date, timedelta

import numpy as np
import pytest

from models.form.facts import RaceFacts, RaceFinish, Runner, RunnerFinish

Race = tuple[RaceFacts, RaceFinish]
MICROS_A_DAY = 86_400_000_000


def races_of(days: int, seed: int = 1, races_a_day: int = 4) -> list[Race]:
    """Race days a week apart."""
    random = np.random.default_rng(seed)
    ability = random.normal(0.0, 1.0, 60)
    made: list[Race] = []
    for day in range(days):
        field = random.permutation(60)
        for number in range(races_a_day):
            horses = field[number * 10 : number * 10 + 6 + int(random.integers(0, 5))]
            made.append(
                _race(random, ability, horses, date(2020, 1, 1) + timedelta(days=7 * day), number + 1)
            )
    return made


def _race(
    random: np.random.Generator, ability: np.ndarray, horses: np.ndarray, day: date, number: int
) -> Race:
    race_id = f"ST-{day:%Y%m%d}-{number:02d}"
    off = (day.toordinal() - 719_163) * MICROS_A_DAY + number * 1_800_000_000
    runners = tuple(
        Runner(
            runner_id=str(at + 1),
            horse_id=f"H{horse}",
            jockey=f"J{int(random.integers(0, 9))}",
            trainer=f"T{horse % 7}",
            sire=f"S{horse % 5}",
            dam=f"D{horse}",
            post_position=float(at + 1),
            weight_lbs=133.0 - float(at),
            body_weight_lbs=1000.0 + float(horse),
            equipment=("B1", "", "TT", "B-")[int(horse) % 4],
        )
        for at, horse in enumerate(horses)
    )
    figure = ability[horses] + random.normal(0.0, 1.0, len(horses))
    seconds = 70.0 * np.exp(-figure / 100.0)
    place = (-figure).argsort().argsort() + 1
    share = np.exp(ability[horses]) / np.exp(ability[horses]).sum()
    first = random.permutation(len(horses)) + 1
    finish = tuple(
        RunnerFinish(
            runner_id=str(at + 1),
            position=float(place[at]),
            seconds=float(seconds[at]),
            odds=float(max(1.01, 0.82 / share[at])),
            positions=(int(first[at]), int(place[at])),
            sections=(24.0, float(seconds[at]) - 24.0),
            comments="bumped start, ran on" if at % 3 == 0 else "",
        )
        for at in range(len(horses))
    )
    facts = RaceFacts(
        race_id=race_id,
        race_date=day,
        track_code="ST",
        runners=runners,
        moment=off,
        distance_furlongs=(6.0, 7.0, 8.0, 6.0)[number - 1],
        surface="TURF",
        course="A",
        going="GOOD",
        class_level=4.0,
        rating_high=60.0,
    )
    return facts, RaceFinish(race_id, off + 900_000_000, True, finish)


@pytest.fixture(scope="session")
def races() -> list[Race]:
    """Fifteen race days of four races."""
    return races_of(15)
