"""What form adds at a scoring point: the belief of the pinned model, and win chances of form and market."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Protocol, cast

import numpy as np

from models import DISCOUNTED, Scores
from models.belief import Belief, FormModel, combine, exponent_of
from models.form.facts import RaceFacts, facts_of
from models.layout import Counts, Floats
from models.places import Exponents, finish_of
from schemas.errors import LibraryError, ModelError
from schemas.records import Conditions, ModelPinned, RaceCard, RaceForm
from streams.meeting import NOT_HELD, NOTHING, lean_of
from streams.view import PASSING, View

MARKET = "MARKET"
MARKET_AND_FORM = "MARKET_AND_FORM"
UNKNOWN_FORM = 0.75
"""What confidence is left of a race in which no runner has form though a model of form is pinned."""

KEPT_BELIEFS = 4
"""Beliefs kept of a race: its champion's and its candidate's, and of each the one before."""

FORM_ALONE = 0.2
"""Confidence of form without any price, when it knows every runner: an order, not a probability."""


class Library(Protocol):
    """Models by version."""

    def model(self, version: str) -> FormModel:
        """The model of a version; raises ModelError where its file is missing or corrupt."""


class NoModels:
    """A library without models: every pin stays unanswered, and predictions say so."""

    def model(self, version: str) -> FormModel:
        """Raises ModelError."""
        raise ModelError(f"model {version} is not in the registry")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What form says of a view, by runner and by betting interest; without belief, `basis` says why."""

    basis: str
    form_id: str | None = None
    model: FormModel | None = None
    belief: Belief | None = None
    rows: tuple[int, ...] = ()
    """Positions among the card's runners of the belief's runners."""
    by_interest: Belief | None = None
    known: float = 0.0
    """Share of the runners still in that have form, of the kind that the model was trained on."""

    trust: float = 1.0
    """What confidence is left by how prices have held at the meeting."""

    @property
    def label(self) -> str:
        """The model as predictions name it, `name=version`; empty where none spoke."""
        return f"{self.model.name}={self.model.version}" if self.model and self.belief else ""


UNSTATED = {**dict.fromkeys(RaceCard.__annotations__), "surface": "UNKNOWN"}
"""A card that says nothing."""

NO_MODEL = Verdict(MARKET)


def verdict_of(view: View, library: Library, role: str = "CHAMPION") -> Verdict:
    """The verdict of the model pinned in a role; worked out once a view and kept with it.

    One without a model that may be there another time marks the view, which is then not kept for the next
    scoring point (`streams.scoring.capture`): all that is said at a point is by one verdict.
    """
    found = view.memo.get(role)
    if found is None:
        found = view.memo[role] = _on_the_day(view, _verdict(view, library, view.pins.get(role)))
    return cast(Verdict, found)


def _verdict(view: View, library: Library, pin: ModelPinned | None) -> Verdict:
    if pin is None or not view.interests:
        return NO_MODEL
    form = view.forms.get(pin["feature_set"])
    if form is None:
        of_it = f" as {pin['feature_set']}, which {pin['version']} reads" if view.forms else ""
        return Verdict(f"the market alone: form has not been told yet{of_it}")
    try:
        return _believed(view, form, library.model(pin["version"]))
    except ModelError as error:
        if isinstance(error, LibraryError):
            view.memo[PASSING] = True
        return Verdict(f"the market alone: {error}", form["event_id"])


def _on_the_day(view: View, verdict: Verdict) -> Verdict:
    """The verdict with what earlier races of the day teach."""
    lean = lean_of(view)
    belief = verdict.belief
    if verdict is NO_MODEL or lean is NOTHING:
        return verdict
    if belief is not None and lean.by_runner:
        leans = [lean.by_runner.get(view.runners[row].runner_id, 0.0) for row in verdict.rows]
        moved = zip(belief.residual, leans, belief.judged, strict=True)
        belief = replace(belief, residual=[r + each * judged for r, each, judged in moved])
        columns = [view.columns[row] for row in verdict.rows]
        interests = _by_interest(belief, columns) if view.coupled else belief
        verdict = replace(verdict, belief=belief, by_interest=interests)
    basis = verdict.basis + NOT_HELD * (lean.trust < 1.0)
    return replace(verdict, basis=basis, trust=lean.trust)


def _believed(view: View, form: RaceForm, model: FormModel) -> Verdict:
    rows = tuple(at for at, column in enumerate(view.columns) if column >= 0)
    belief = _belief(view, form, model, rows)
    if not np.isfinite([*belief.fundamental, *belief.residual]).all():
        return Verdict("the market alone: the model gave no number", form["event_id"])
    known = sum(k and not s for k, s in zip(belief.known, belief.strays, strict=True)) / len(belief.known)
    basis = MARKET_AND_FORM if any(belief.judged) else "the market alone: no runner has form"
    if strays := sum(belief.strays):
        who = "1 runner is" if strays == 1 else f"{strays} runners are"
        basis += f"; {who} outside what the model was trained on, drawn into its range"
    interests = _by_interest(belief, [view.columns[row] for row in rows]) if view.coupled else belief
    return Verdict(basis, form["event_id"], model, belief, rows, interests, known)


def _belief(view: View, form: RaceForm, model: FormModel, rows: tuple[int, ...]) -> Belief:
    """The belief, or the one of an earlier view of the race that had all of this as it is now."""
    facts, earlier = facts_at(view), cast("list[tuple[object, Belief]]", view.earlier)
    asked = (model.version, form["event_id"], rows, facts)
    for known, belief in earlier:
        if known == asked:
            return belief
    found = model.believe(facts, form["columns"], values_at(view, form), np.array(rows, dtype=np.intp))
    earlier.insert(0, (asked, found))
    del earlier[KEPT_BELIEFS:]
    return found


def facts_at(view: View) -> RaceFacts:
    """The race's facts as it is shown, all runners of the card in their order."""
    known = view.memo.get("facts")
    if known is not None:
        return cast(RaceFacts, known)
    card = cast(RaceCard, {**UNSTATED, **view.card, "entries": view.entries})
    conditions = cast(Conditions, {"surface": "UNKNOWN", "track_condition": None, **view.conditions})
    facts = view.memo["facts"] = facts_of(card, conditions)
    return facts


def values_at(view: View, form: RaceForm) -> Floats:
    """Values of the card's runners, (runners, columns), NaN for unknown; runners not told of have none."""
    told = {runner["runner_id"]: runner["values"] for runner in form["runners"]}
    nothing = [None] * len(form["columns"])
    rows = [told.get(runner.runner_id, nothing) for runner in view.runners]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(form["columns"]))


def _by_interest(belief: Belief, columns: list[int]) -> Belief:
    """The belief of coupled runners as one: chances add up, and so do weights."""
    count = max(columns) + 1
    fundamental, weight, judged = [0.0] * count, [0.0] * count, [False] * count
    for at, column in enumerate(columns):
        fundamental[column] += belief.fundamental[at]
        weight[column] += exp(belief.residual[at])
        judged[column] = judged[column] or belief.judged[at]
    members = [columns.count(column) for column in range(count)]
    # The public's chance is the whole interest's: what form adds is the members' mean.
    residual = [log(w / n) if k else 0.0 for w, n, k in zip(weight, members, judged, strict=True)]
    return replace(belief, fundamental=fundamental, judged=judged, residual=residual)


def of_places(view: View) -> bool:
    """Whether what is scored is a market on the places alone."""
    return view.book is not None and view.book.market_type == "PLACE"


def together(
    belief: Belief,
    public: list[float],
    prices: list[float],
    placed: bool,
    factors: tuple[float, float] = (1.0, 1.0),
) -> list[float]:
    """Win chances of form and market by interest; `prices`, 0.0 where there is none, may be for a place.

    `factors` are those of the moment (`streams.market_weight`), which nobody has learnt of places.
    """
    if placed:
        return combine(belief, public, any(prices))
    exponent = exponent_of(public, prices) if belief.of_shares else 1.0
    return combine(belief, public, any(prices), exponent, factors)


def exponents_of(verdict: Verdict, placed: bool) -> Exponents:
    """Exponents and bends by which the model tells the places; empty where the fixed ones count.

    These are where it judges no runner, and where chances come out of a market on the places (`placed`): they
    go back to it by the exponents that they were made with.
    """
    belief = verdict.belief
    return () if belief is None or placed or not any(belief.judged) else belief.exponents


def with_form(
    scores: Scores,
    verdicts: Sequence[Verdict],
    places: Counts,
    placed: bool,
    factors: Sequence[tuple[float, float]],
) -> Scores:
    """The block's scores with win and place of form and market together; each row as alone."""
    public: list[list[float]] = scores.win.tolist()
    prices: list[list[float]] = scores.price.tolist()
    rows, confidence = [], scores.confidence.copy()
    for at, verdict in enumerate(verdicts):
        belief = verdict.by_interest
        if belief is None:
            rows.append(public[at])
        else:
            rows.append(together(belief, public[at], prices[at], placed, factors[at]))
        if verdict is not NO_MODEL:
            confidence[at] *= UNKNOWN_FORM + (1.0 - UNKNOWN_FORM) * verdict.known
            if not any(prices[at]):
                confidence[at] = FORM_ALONE * verdict.known
            confidence[at] *= verdict.trust
    win = np.array(rows)
    place = np.empty_like(win)
    for at, verdict in enumerate(verdicts):
        finish_of(win[at], places[at], exponents_of(verdict, placed) or DISCOUNTED, place[at])
    return replace(scores, win=win, place=place, confidence=confidence)
