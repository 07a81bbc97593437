"""Each real market is shown beside a simulated one of a like field, none twice."""

import numpy as np

from benchmarks.calibration import plots
from benchmarks.calibration.tapes import Tape


def tape(name: str, runners: int) -> Tape:
    nothing = np.zeros(0)
    return Tape(name, nothing, nothing, {str(number): nothing for number in range(runners)})


def test_the_first_one_left_of_the_nearest_field_size_is_taken() -> None:
    real = [tape("a", 8), tape("b", 8), tape("c", 13)]
    simulated = [tape("5", 5), tape("8 first", 8), tape("12", 12), tape("8 second", 8)]
    assert [each.name for each in plots.alike(real, simulated)] == ["8 first", "8 second", "12"]


def test_more_real_markets_than_simulated_ones_leave_some_out() -> None:
    assert [each.name for each in plots.alike([tape("a", 8), tape("b", 9)], [tape("7", 7)])] == ["7"]
