"""What a prediction says beside its chances: contributions, annotations and the pace, runner by runner."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np

from models.interpreters.pace_fit import pace_fits
from models.pace import in_words
from schemas.encoders import Lasting
from schemas.records import Annotation, Contribution
from streams.beliefs import NO_MODEL, Verdict, exponents_of, of_places
from streams.meeting import told_at
from streams.view import View

SHOWN_PARTS = 5
REST = "all else"
SHOWN_NOTES = 6


class Told(NamedTuple):
    """What is told of one runner."""

    fundamental: float | None
    contributions: list[Contribution]
    annotations: list[Annotation]
    pace: list[float]
    pace_spread: float | None
    pace_spreads: list[float]


NOTHING = Told(None, [], [], [], None, [])


def verdict_in(view: View) -> Verdict:
    """The champion's verdict as the view was scored with; none of a view that was not scored."""
    return cast(Verdict, view.memo.get("CHAMPION", NO_MODEL))


def exponents_in(view: View) -> Sequence[float]:
    """Exponents and bends that the places are told by; empty where these are the fixed ones."""
    return exponents_of(verdict_in(view), of_places(view))


def told(view: View) -> list[Told]:
    """What is told of each runner of the card; worked out once a view."""
    found = view.memo.get("told")
    if found is None:
        found = view.memo["told"] = _told(view, verdict_in(view))
    return cast(list[Told], found)


def _told(view: View, verdict: Verdict) -> list[Told]:
    belief, model = verdict.belief, verdict.model
    if belief is None or model is None:
        return [NOTHING] * len(view.runners)
    fits = zip(verdict.rows, pace_fits(belief.pace), strict=True)
    paced = {view.runners[row].runner_id: fit for row, fit in fits if fit is not None}
    notes = _notes(view, model.feature_set, paced)
    found = [NOTHING._replace(annotations=notes.get(runner.runner_id, [])) for runner in view.runners]
    spreads: list[list[float]] = belief.pace.spreads().round(2).tolist()
    for at, row in enumerate(verdict.rows):
        found[row] = Told(
            belief.fundamental[at],
            _parts(belief.names, belief.contributions[at].tolist(), model.words),
            notes.get(view.runners[row].runner_id, []),
            [round(each, 2) for each in belief.pace.positions[at].tolist()],
            spreads[at][0],
            spreads[at],
        )
    return found


def _parts(names: tuple[str, ...], values: list[float], words: dict[str, str]) -> list[Contribution]:
    """The largest parts and the rest as one, so that they sum to the runner's log-odds above the field."""
    order = sorted(range(len(names)), key=lambda at: (-abs(values[at]), at))
    parts = [
        _part(names[at], values[at], words.get(names[at], names[at]))
        for at in order[:SHOWN_PARTS]
        if values[at] != 0.0
    ]
    if rest := sum(values[at] for at in order[SHOWN_PARTS:]):
        parts.append(_part(REST, rest, REST))
    return Lasting(parts)


def _part(name: str, value: float, words: str) -> Contribution:
    return {"feature": name, "value": value, "text": sentence(words, value)}


def sentence(words: str, value: float) -> str:
    """A contribution in words.

    >>> sentence("its rider", -0.2)
    'its rider costs it 18 % of its odds'
    """
    share = f"{abs(float(np.expm1(value))):.0%}".replace("%", " %")
    return f"{words} adds {share} to its odds" if value > 0 else f"{words} costs it {share} of its odds"


def _notes(view: View, feature_set: str, paced: dict[str, Annotation]) -> dict[str, list[Annotation]]:
    """What the day has taught, then what form and the projected pace say, the weightiest first."""
    found: dict[str, list[Annotation]] = {}
    for runner in form["runners"] if (form := view.forms.get(feature_set)) is not None else ():
        id = runner["runner_id"]
        own = [*runner["annotations"], *([paced[id]] if id in paced else [])]
        found[id] = sorted(own, key=lambda note: -abs(note["severity"]) * note["confidence"])
    for runner in today["runners"] if (today := told_at(view)) is not None else ():
        found[runner["runner_id"]] = [*runner["annotations"], *found.get(runner["runner_id"], [])]
    return {runner_id: Lasting(notes[:SHOWN_NOTES]) for runner_id, notes in found.items()}


def figures_of_form(view: View) -> dict[str, str]:
    """The last placings of each runner as form guides print them, the latest last: 0 is tenth or worse."""
    found = view.memo.get("figures")
    if found is None:
        found = view.memo["figures"] = {
            runner["runner_id"]: "".join(_placing(line["finish_position"]) for line in runner["lines"][::-1])
            for form in view.forms.values()
            for runner in form["runners"]
            if runner["lines"]
        }
    return cast(dict[str, str], found)


def _placing(position: int | None) -> str:
    return "-" if position is None else str(position) if position < 10 else "0"


def by_form(view: View) -> list[float]:
    """Win chances by form alone of the card's runners, below 0 for one that is out; empty without form."""
    found = view.memo.get("by form")
    if found is None:
        verdict = verdict_in(view)
        found = view.memo["by form"] = []
        if verdict.belief is not None:
            found += [-1.0] * len(view.runners)
            for row, chance in zip(verdict.rows, verdict.belief.fundamental, strict=True):
                found[row] = chance
    return cast(list[float], found)


class Leader(NamedTuple):
    """Who is likeliest to lead, and how likely."""

    runner_id: str
    chance: float


def leader(view: View) -> Leader | None:
    """The likely leader; None without a pace."""
    verdict = verdict_in(view)
    if verdict.belief is None:
        return None
    at = int(np.argmax(verdict.belief.pace.lead))
    return Leader(view.runners[verdict.rows[at]].runner_id, float(verdict.belief.pace.lead[at]))


def pace_words(view: View) -> str:
    """How the race will be run, in words; empty without a pace."""
    words = view.memo.get("pace")
    if words is None:
        verdict = verdict_in(view)
        names = [label(view, row) for row in verdict.rows]
        words = view.memo["pace"] = in_words(verdict.belief.pace, names) if verdict.belief else ""
    return cast(str, words)


def labels(view: View) -> list[str]:
    """All runners of the card in words, worked out once a view."""
    found = view.memo.get("labels")
    if found is None:
        found = view.memo["labels"] = [label(view, at) for at in range(len(view.runners))]
    return cast(list[str], found)


def label(view: View, position: int) -> str:
    """A runner in words: number and name as far as known."""
    runner = view.runners[position]
    known = " ".join(part for part in (runner.number, runner.name) if part)
    return known or f"runner {runner.runner_id}"
