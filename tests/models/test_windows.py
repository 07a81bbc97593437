"""What is known before a day begins when ratings have found their level, and ends the day before."""

from models.windows import known_before
from tests.models.trained_world import table


def test_ratings_find_their_level_in_at_most_a_third_of_the_past() -> None:
    whole = table()
    first = float(whole.day.min())
    assert whole.day[known_before(whole, first + 300)].min() >= first + 100
    assert whole.day[known_before(whole, first + 300)].max() < first + 300
    assert known_before(whole, first).sum() == 0
