import pytest

from gateway.alerts.words import age, odds


@pytest.mark.parametrize(
    ("decimal", "fractional", "american"),
    [(2.0, "1/1", "+100"), (3.5, "5/2", "+250"), (1.25, "1/4", "-400"),
     (11.0, "10/1", "+1000")]
)  # fmt: skip
def test_odds_in_every_style(decimal: float, fractional: str, american: str) -> None:
    assert (odds(decimal, "fractional"), odds(decimal, "american")) == (fractional, american)


def test_age_in_words() -> None:
    assert (age(0.41), age(130)) == ("data 0.4 s old", "data 2 min old")
