import pytest

from feeds.us.chart import Paid
from feeds.us.payoffs import exotic, straight


@pytest.mark.parametrize(
    ("told", "paid"),
    [
        (("Exacta", "1.00", "29.75", "0", "4-1"), Paid("EXACTA", "4-1", 29.75, 1.0)),
        (("Daily Double", "1.00", "26.00", "0", "4-6"), Paid("DOUBLE", "4/6", 26.0, 1.0)),
        (("Pick Five", "0.50", "716.75", "5", "4-6-1/2-3-10"), Paid("PICK 5", "4/6/1,2/3/10", 716.75, 0.5)),
        (("Pick Six", "2.00", "409.00", "5", "4-6-8-2-7-4"), Paid("PICK 6 (5 OF 6)", "4/6/8/2/7/4", 409, 2)),
        (("Grand Slam", "1.00", "103.75", "4", "4,6/1,2/7"), Paid("GRAND SLAM", "4,6/1,2/7", 103.75, 1.0)),
        (("Super High Five", "1", "47.60", "0", "3-6-4-1-9"), Paid("SUPER HIGH FIVE", "3-6-4-1-9", 47.6, 1)),
        (("Jockey Challenge", "1.00", "14.70", "0", "EXACTA 10-14"), None),
        (("Exacta", "1.00", "0.00", "0", "4-1"), None),
    ],
)  # fmt: skip
def test_pools_go_by_the_names_they_have_here(told: tuple[str, ...], paid: Paid | None) -> None:
    assert exotic(*told) == paid


def test_a_runner_pays_what_it_is_told_to_pay() -> None:
    assert straight(["", "5.20", "2.70"], "1") == [Paid("PLACE", "1", 5.2, 2.0), Paid("SHOW", "1", 2.7, 2.0)]
