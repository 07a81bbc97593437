"""Trained artefacts as a model of form for the stream: the same functions and bits as offline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.artefacts import Manifest
from models.belief import Belief
from models.form import book, features
from models.form.facts import RaceFacts
from models.layout import Floats
from models.pace import project
from models.performance import Beliefs
from models.softmax import softmax

FEATURE_SET = f"form-book-{book.VERSION}"
WORDS = {
    "ability": "ability by figures and market",
    "history": "recent runs",
    "context": "what is new today",
    "people": "rider and trainer",
    "synergy": "people together",
    "gsr": "breeding",
    "plackett": "whom it beat",
    "course": "course and draw",
    "pace": "pace of the race",
    "field": "standing in the field",
    "trees": "interplay of all",
}
_GROUPS: dict[str, str] = {
    **{name: group for group, names in features.FEATURE_GROUPS.items() for name in names},
}
_PART = np.array([list(WORDS).index(_GROUPS.get(name, "field")) for name in features.FEATURES])


@dataclass(frozen=True)
class TrainedModel:
    """Scores a field from values of the form book; the version is the manifest's."""

    beliefs: Beliefs
    manifest: Manifest
    name: ClassVar[str] = "form"
    feature_set: ClassVar[str] = FEATURE_SET
    words: ClassVar[dict[str, str]] = WORDS

    @property
    def version(self) -> str:
        """By content."""
        return self.manifest.version

    def believe(
        self, facts: RaceFacts, columns: Sequence[str], values: Floats, active: NDArray[np.intp]
    ) -> Belief:
        """What form says; a missing column is unknown, a feature beyond the trained range is clipped."""
        running = np.zeros(len(facts.runners), dtype=np.bool_)
        running[active] = True
        held = _ordered(columns, values)
        found = features.features(facts, held, running)
        start = np.zeros(1, dtype=np.intp)
        fundamental, combined = self.beliefs.fundamental, self.beliefs.combined
        scores = fundamental.scores(found, start)
        residual = combined.weight * combined.residual.score(found, start)
        terms = fundamental.logit.terms
        beyond = (found < terms.low) | (found > terms.high)
        known = ~np.isnan(held[running][:, book.AT["market"]]) & (held[running][:, book.AT["runs"]] > 0.0)
        return Belief(
            fundamental=softmax(scores, start).tolist(),
            known=known.tolist(),
            market_weight=combined.power,
            residual=np.where(known, residual, 0.0).tolist(),
            names=tuple(WORDS),
            contributions=self._contributions(found, scores),
            pace=project(features.expected_early(held[running]), scores),
            strays=int((beyond.mean(axis=1) > 0.1).sum()),
        )

    def _contributions(self, found: Floats, scores: Floats) -> Floats:
        """Log-odds above the field's mean by part, (runners, parts): the logit's terms, then the trees."""
        fundamental, start = self.beliefs.fundamental, np.zeros(1, dtype=np.intp)
        half = 0.5 * fundamental.scale
        single = half * fundamental.logit.contributions(found, start)
        parts = np.zeros((len(found), len(WORDS)))
        for part in range(len(WORDS)):
            parts[:, part] = single[:, part == _PART].sum(axis=1)
        parts[:, -1] = scores - single.sum(axis=1)
        centred: Floats = parts - parts.mean(axis=0)
        return centred


def _ordered(columns: Sequence[str], values: Floats) -> Floats:
    """The book's columns in the book's order, NaN for one not given."""
    if tuple(columns) == book.COLUMNS:
        return values
    given = {name: at for at, name in enumerate(columns)}
    held = np.full((len(values), len(book.COLUMNS)), np.nan)
    for at, name in enumerate(book.COLUMNS):
        if name in given:
            held[:, at] = values[:, given[name]]
    return held
