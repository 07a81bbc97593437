import numpy as np

from benchmarks import score
from benchmarks.score import BLOCKS, PLACES, RUNNERS, market, question
from models import MarketModel


def test_the_market_is_one_that_can_be_scored() -> None:
    scores = MarketModel().score(market(16))
    assert scores.win.shape == (16, RUNNERS)
    np.testing.assert_allclose(scores.win.sum(axis=1), 1.0, atol=1e-9)
    np.testing.assert_allclose(scores.place.sum(axis=1), PLACES, atol=1e-9)


def test_a_short_run_gives_a_time_a_race_for_every_block() -> None:
    model = MarketModel()
    assert all(score.score(model, market(size), races=1) > 0.0 for size in BLOCKS)


def test_the_peer_is_asked_for_places_only_with_its_loops() -> None:
    prices = [[2.0, 3.0, 6.0]]
    assert question(prices, 160, score.SHIN) == {"prices": prices, "races": 160, "places": 0}
    assert question(prices, 160, score.WITH_PLACES) == {"prices": prices, "races": 10, "places": PLACES}
