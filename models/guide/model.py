"""The guide's model: a conditional logit on form and one on the public's offset, kept as one JSON text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import ClassVar

import numpy as np
from msgspec import DecodeError, Struct, ValidationError, json
from numpy.typing import NDArray

from models.belief import Belief, Explanation, softmax
from models.form.facts import RaceFacts
from models.guide.features import FEATURES, WORDS, features_of
from models.guide.values import COLUMN, COLUMNS, FEATURE_SET
from models.layout import Flags, Floats
from models.pace import project
from schemas.errors import ModelError

FORMAT = "guide-1"
ROOM = 1.0
"""Spans beyond the trained range before a runner counts as a stray."""


class Artefact(Struct, frozen=True, forbid_unknown_fields=True):
    """What training leaves: weights by feature and the ranges seen."""

    format: str
    features: tuple[str, ...]
    scale: tuple[float, ...]
    """Features are divided by these."""
    low: tuple[float, ...]
    high: tuple[float, ...]
    fundamental: tuple[float, ...]
    residual: tuple[float, ...]
    market_weight: float
    trained_on: str
    races: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class GuideModel:
    """Scores a field from its guide values. `data` is the artefact's bytes, whose hash is the version."""

    data: bytes
    name: ClassVar[str] = "guide"
    feature_set: ClassVar[str] = FEATURE_SET
    words: ClassVar[dict[str, str]] = WORDS
    jurisdiction: ClassVar[str] = ""

    @cached_property
    def artefact(self) -> Artefact:
        """The artefact; raises ModelError for bytes that are none."""
        try:
            found = json.decode(self.data, type=Artefact)
        except (DecodeError, ValidationError) as error:
            raise ModelError(f"the model file is corrupt: {error}") from error
        numbers = (
            *found.scale,
            *found.fundamental,
            *found.residual,
            *found.low,
            *found.high,
            found.market_weight,
        )
        if found.format != FORMAT or found.features != FEATURES or not np.isfinite(numbers).all():
            raise ModelError("the model file is of another release or not whole: train it again")
        return found

    @property
    def card(self) -> Mapping[str, object]:
        """What it was trained on and how it was judged."""
        return {"trained_on": self.artefact.trained_on, "log_loss": self.artefact.metrics}

    @property
    def version(self) -> str:
        """By content."""
        return version_of(self.data)

    @cached_property
    def _arrays(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        kept = self.artefact
        scale = np.array(kept.scale)
        return (
            scale,
            np.array(kept.low),
            np.array(kept.high),
            np.array(kept.fundamental),
            np.array(kept.residual),
        )

    def believe(
        self, facts: RaceFacts, columns: Sequence[str], values: Floats, active: NDArray[np.intp]
    ) -> Belief:
        """What form says of the runners still in. Raises ModelError where the columns are another set's."""
        if tuple(columns) != COLUMNS:
            raise ModelError(f"form has other columns than {FEATURE_SET}")
        scale, low, high, weights, extra = self._arrays
        scaled = features_of(facts, values, active) / scale
        span = high - low
        strays: Flags = np.any((scaled < low - ROOM * span) | (scaled > high + ROOM * span), axis=1)
        within = np.minimum(np.maximum(scaled, low), high)
        # What was drawn into the range has no mean of 0 any more.
        within = within - within.sum(axis=0) / len(within)
        parts: Floats = within * weights
        log_odds = [sum(row) for row in parts.tolist()]
        known = (values[active, COLUMN["runs"]] > 0.0).tolist()
        residual = [sum(row) if k else 0.0 for row, k in zip((within * extra).tolist(), known, strict=True)]
        forward = np.clip(values[active, COLUMN["forward"]], 0.0, 1.0)
        pace = project(forward, np.array(log_odds))
        return Belief(
            fundamental=softmax(log_odds),
            known=known,
            judged=known,
            market_weight=self.artefact.market_weight,
            residual=residual,
            names=FEATURES,
            explain=Explanation(lambda: parts),
            pace=pace,
            strays=strays.tolist(),
        )


def version_of(data: bytes) -> str:
    """The version of an artefact's bytes.

    >>> version_of(b"")
    'guide-e3b0c44298fc'
    """
    return f"guide-{sha256(data).hexdigest()[:12]}"
