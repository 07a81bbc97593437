from feeds.us.chart import Chart, Starter, couple
from feeds.us.words import track_of
from schemas.identity import instant


def test_runners_of_one_interest_are_coupled_and_others_stand_alone() -> None:
    numbers = ("1", "1A", "2", "10", "3X")
    starters = [Starter(n, n, number=n) for n in numbers] + [Starter("out", "out", scratched=True)]
    chart = Chart("equibase", track_of("BEL"), instant(0).date(), 1, 0, "DIRT", "DIRT", starters=starters)
    couple(chart)
    assert [s.interest for s in starters] == ["1", "1", None, None, "3", None]
