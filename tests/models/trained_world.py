"""Six seasons of a small world as a table, and a small model of it, for tests of what trained models do."""

from datetime import date
from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np

from models import artefacts, boosted, logit
from models.artefacts import Manifest
from models.form.assembly import PastRace
from models.form.features import AT, FEATURES, RACE
from models.net import Context, Net, Weights
from models.performance import Beliefs, Combined, Fundamental, Public, Residual
from models.softmax import targets
from models.table import Table, tabulate
from tests.models.form.conftest import races_of

UNITS = 8
EXPONENTS = (1.0, 0.44, 0.24, 0.07, 0.0, -0.07, -0.08, -0.09)
LAST_SEASON = date(2025, 1, 1)
"""First day of the last year of these races."""


@cache
def past() -> tuple[PastRace, ...]:
    """A race day a week for six years."""
    return tuple(PastRace(facts, frozenset(), finish) for facts, finish in races_of(312))


@cache
def table() -> Table:
    """Their table."""
    return tabulate(past())


@cache
def beliefs() -> Beliefs:
    """A whole set of models without any sense, quickly: trees of noise, weights of noise."""
    random = np.random.default_rng(6)
    shape = (600, len(FEATURES))
    features = random.normal(0.0, 5.0, shape)
    features[random.random(shape) < 0.1] = np.nan
    starts = np.arange(0, shape[0], 10, dtype=np.intp)
    shared = np.array([AT[name] for name in RACE])
    features[:, shared] = np.repeat(features[starts][:, shared], 10, axis=0)
    position = np.concatenate([random.permutation(10) + 1.0 for _ in starts])
    terms, width = logit.prepare(features, starts), shape[1]
    residual = logit.Logit(terms, random.normal(0.0, 0.05, 2 * width))
    shapes = (width, UNITS), (UNITS,), (UNITS,), (width,)
    net = Net(
        terms, Context.of(terms, features), Weights(*(random.normal(0.0, 0.05, each) for each in shapes))
    )
    settings = {**boosted.PARAMETERS, "min_data_in_leaf": 20}
    with patch.object(boosted, "PARAMETERS", settings):
        trees, few = (
            boosted.train(features, starts, *targets(position, starts), seed=1, trees=count)
            for count in (10, 4)
        )
    combined = Combined(Residual(residual, few), 1.05, (0.3, 0.1))
    return Beliefs(Fundamental(net, trees, 1.05), Public(1.02), combined, EXPONENTS)


def written(folder: Path, jurisdiction: str = "hong-kong", races: int = 5) -> Manifest:
    """A folder as `hpr train` writes it; another number of races makes another version."""
    rows = [{"model": "combined", "sample": "in sample", "log_loss": 2.0}]
    about = {
        "jurisdiction": jurisdiction,
        "data_hash": "d",
        "seed": 1,
        "trained_to": "2025-12-31",
        "races": races,
        "metrics": {"in_sample": rows},
    }
    return artefacts.write(folder, beliefs(), about)
