"""From raw values to what the model reads: race-relative, for the runners still in, on the going as it is."""

import numpy as np
from numpy.typing import NDArray

from models.form.facts import RaceFacts
from models.guide.lines import is_wet
from models.guide.values import COLUMN
from models.layout import Floats

FEATURES = (
    "form", "market regard", "form at the trip", "form on the going", "form on the surface", "last run",
    "last odds", "first start", "rest", "weight", "draw", "equipment", "rider", "trainer", "breeding",
    "trend", "early speed", "pace pressure",
)  # fmt: skip

WORDS = {
    "form": "form over the past runs",
    "market regard": "how the market has rated it",
    "form at the trip": "form at this distance",
    "form on the going": "form on this going",
    "form on the surface": "form on this surface",
    "last run": "its last run",
    "last odds": "its odds last time",
    "first start": "a first start",
    "rest": "days since its last run",
    "weight": "the weight it carries",
    "draw": "its draw",
    "equipment": "what it wears",
    "rider": "its rider",
    "trainer": "its trainer",
    "breeding": "its breeding",
    "trend": "whether it improves",
    "early speed": "early speed",
    "pace pressure": "how the race will be run",
}
"""What each feature is called in a sentence."""

IMPOSSIBLE = 1e5
"""No value is so large: one that says so is unknown."""

USUAL_REST = 30.0
"""Days; only what is longer counts as a rest."""


def features_of(facts: RaceFacts, values: Floats, active: NDArray[np.intp]) -> Floats:
    """Features (active runners, FEATURES), each with mean 0 over the race; what is unknown stands at 0.

    `values` are (runners, COLUMNS) with NaN for unknown; `active` the rows of the runners still in. The
    going and the field come in here, so that neither needs another look at form.
    """
    held = values[active]
    taken = np.where(np.abs(held) < IMPOSSIBLE, held, np.nan)

    def column(name: str) -> Floats:
        found: Floats = taken[:, COLUMN[name]]
        return found

    wet = is_wet(facts.going or None)
    going = column("rating" if wet is None else "rating on wet" if wet else "rating on dry")
    surface = {"TURF": "rating on turf", "DIRT": "rating on dirt", "SYNTHETIC": "rating on synthetic"}
    forward = column("forward")
    speed = np.where(np.isnan(forward), 0.0, 0.5 - forward)
    crowd = np.maximum(speed, 0.0).sum() - np.maximum(speed, 0.0)
    post = column("post")
    rest = np.maximum(np.log(np.maximum(column("days off"), 1.0) / USUAL_REST), 0.0)
    built = np.column_stack(
        (
            column("figure"),
            column("backed"),
            column("rating at the trip") - column("rating"),
            going - column("rating"),
            column(surface.get(facts.surface, "rating")) - column("rating"),
            column("last figure"),
            column("last backed"),
            np.where(column("runs") == 0.0, 1.0, 0.0),
            rest,
            column("weight"),
            _standing(post),
            column("geared") * np.where(np.isnan(column("rating geared")), 0.0, column("rating geared")),
            column("rider"),
            column("trainer"),
            column("sire"),
            column("trend"),
            speed,
            speed * crowd,
        )
    )
    return _centred(built)


def _standing(post: Floats) -> Floats:
    """Draw from -0.5 on the rail to 0.5, among those still in."""
    known = ~np.isnan(post)
    rank = np.argsort(np.argsort(np.where(known, post, np.inf), kind="stable"), kind="stable")
    return np.where(known, rank / max(int(known.sum()) - 1, 1) - 0.5, np.nan)


def _centred(built: Floats) -> Floats:
    """Less the mean of those known, runner by runner; 0 where unknown or not a number."""
    known = np.isfinite(built)
    filled = np.where(known, built, 0.0)
    # Summed along the runners in their order: the same bits whoever else is scored in the same run.
    mean = filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    centred: Floats = np.where(known, filled - mean, 0.0)
    return centred
