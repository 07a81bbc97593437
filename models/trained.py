"""Trained artefacts as a model of form for the stream: the same functions and bits as offline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.artefacts import Manifest, load
from models.belief import Belief, Explanation
from models.compiled import compiled
from models.form import book, features
from models.form.facts import RaceFacts
from models.layout import Flags, Floats
from models.pace import project
from models.performance import Beliefs
from models.softmax import softmax

FEATURE_SET = f"form-book-{book.VERSION}"
WORDS = {
    "ability": "ability by figures and market",
    "history": "its recent runs",
    "context": "what is new today",
    "people": "its rider and trainer",
    "synergy": "its people together",
    "gsr": "its breeding",
    "plackett": "whom it beat",
    "course": "course and draw",
    "pace": "the pace of the race",
    "field": "its standing in the field",
}
STRAY_SHARE = 0.1
"""Of a runner's features beyond the trained range, from which on it is a stray; 0.01 is usual."""

_GROUPS: dict[str, str] = {
    **{name: group for group, names in features.FEATURE_GROUPS.items() for name in names},
}
_PART = np.array([list(WORDS).index(_GROUPS.get(name, "field")) for name in features.FEATURES])
_START = np.zeros(1, dtype=np.intp)


@dataclass(frozen=True)
class TrainedModel:
    """Scores a field from values of the form book; the version is the manifest's."""

    beliefs: Beliefs
    manifest: Manifest
    name: ClassVar[str] = "form"
    feature_set: ClassVar[str] = FEATURE_SET
    words: ClassVar[dict[str, str]] = WORDS

    @classmethod
    def of(cls, folder: Path) -> "TrainedModel":
        """The model of a folder of artefacts; raises HprError as `artefacts.load`."""
        return cls(*load(folder))

    @property
    def version(self) -> str:
        """By content."""
        return self.manifest.version

    @property
    def jurisdiction(self) -> str:
        """Whose races it was trained on."""
        return self.manifest.jurisdiction

    @property
    def data(self) -> bytes:
        """The manifest, as JSON."""
        return msgspec.json.encode(self.manifest)

    @property
    def card(self) -> Mapping[str, object]:
        """What it was trained on and how it was judged: the first of its samples."""
        held = self.manifest
        rows: list[dict[str, Any]] = next(iter(held.metrics.values()), [])
        losses = {row["model"]: row["log_loss"] for row in rows if row["sample"] == rows[0]["sample"]}
        trained_on = f"{held.jurisdiction}, {held.races} races to {held.trained_to}"
        return {"trained_on": trained_on, "log_loss": losses}

    def believe(
        self, facts: RaceFacts, columns: Sequence[str], values: Floats, active: NDArray[np.intp]
    ) -> Belief:
        """What form says; a missing column is unknown, a feature beyond the trained range is clipped.

        A runner that never ran is judged as well, by its people, breeding and draw; it counts as unknown in
        the confidence. One of which nothing at all was told keeps the public's chance.
        """
        running = np.zeros(len(facts.runners), dtype=np.bool_)
        running[active] = True
        held = _ordered(columns, values)
        return self.judge(features.features(facts, held, running), held[running])

    def judge(self, found: Floats, held: Floats) -> Belief:
        """The belief of the features `found` (runners, FEATURES) of values `held` (runners, COLUMNS)."""
        fundamental, combined = self.beliefs.fundamental, self.beliefs.combined
        scores = fundamental.scores(found, _START)
        terms = fundamental.net.terms
        told: Flags = np.any(~np.isnan(held), axis=1)
        residual = combined.beyond(found, _START)
        return Belief(
            fundamental=softmax(scores, _START).tolist(),
            known=(told & (held[:, book.AT["runs"]] > 0.0)).tolist(),
            judged=told.tolist(),
            market_weight=combined.power,
            of_shares=True,
            residual=np.where(told, residual, 0.0).tolist(),
            names=tuple(WORDS),
            explain=Explanation(lambda: self._contributions(found)),
            pace=project(features.expected_early(held), scores),
            strays=_strays(found, terms.low, terms.high).tolist(),
            exponents=self.beliefs.exponents,
        )

    def _contributions(self, found: Floats) -> Floats:
        """Log-odds above the field's mean, (runners, parts): what the net and the trees give."""
        fundamental = self.beliefs.fundamental
        single = fundamental.net.contributions(found, _START) + fundamental.boosted.contributions(found)
        parts = np.zeros((len(found), len(WORDS)))
        for part in range(len(WORDS)):
            parts[:, part] = 0.5 * fundamental.scale * single[:, part == _PART].sum(axis=1)
        centred: Floats = parts - parts.mean(axis=0)
        return centred


@compiled()
def _strays(found: Floats, low: Floats, high: Floats) -> Flags:
    """Runners (runners,) with over STRAY_SHARE of their features (runners, features) outside [low, high]."""
    strays = np.zeros(len(found), dtype=np.bool_)
    for row in range(len(found)):
        beyond = 0
        for at in range(len(low)):
            beyond += (found[row, at] < low[at]) | (found[row, at] > high[at])
        strays[row] = beyond > STRAY_SHARE * len(low)
    return strays


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
