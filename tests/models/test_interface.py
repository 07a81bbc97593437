"""Batches and scores are plain frozen records, and both models are models."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from models import MarketBatch, MarketModel, Model, PlaceMarketModel, Scores


def test_the_models_implement_the_interface() -> None:
    models: list[Model] = [MarketModel(), PlaceMarketModel()]
    assert [model.name for model in models] == ["market", "place-market"]


def test_records_do_not_change() -> None:
    empty = np.zeros((1, 1))
    scores = Scores(empty, empty, empty[0], empty[0], empty, np.zeros((1, 1, 3)))
    batch = MarketBatch(
        back=empty,
        back_size=empty,
        lay=empty,
        lay_size=empty,
        last=empty,
        traded=empty,
        past=np.zeros((1, 1, 3)),
        places=np.array([1]),
        age_seconds=np.zeros(1),
    )
    with pytest.raises(FrozenInstanceError):
        scores.win = empty  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        batch.back = empty  # type: ignore[misc]
