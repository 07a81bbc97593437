"""What an alert says: what happened and to whom, what it changes, why, and how old the data is; pure."""

from fractions import Fraction

from gateway.alerts.races import Known
from gateway.alerts.rules import Kind
from schemas.records import Prediction, RunnerPrediction
from schemas.tracks import track_by_code

STEPS = (1, 2, 4, 5, 8, 10, 20, 40, 100)
"""Denominators of fractional odds."""


def odds(decimal: float, style: str = "decimal") -> str:
    """Decimal odds in the user's style: decimal, fractional or American.

    >>> odds(3.5), odds(3.5, "fractional"), odds(3.5, "american"), odds(1.5, "american")
    ('3.50', '5/2', '+250', '-200')
    """
    over = decimal - 1.0
    if style == "fractional" and over > 0:
        best = min((Fraction(round(over * step) or 1, step) for step in STEPS), key=lambda f: abs(f - over))
        return f"{best.numerator}/{best.denominator}"
    if style == "american" and over > 0:
        return f"+{round(over * 100)}" if over >= 1.0 else f"-{round(100 / over)}"
    return f"{decimal:.2f}"


def title(known: Known, said: str) -> str:
    """What happened, with the race in front: `Belmont Park R1: 4 Sea Hero scratched`."""
    view = known.view
    track = track_by_code(known.track)
    place = track.name if track else (view["track_name"] if view else None) or known.track
    number = view["race_number"] if view else None
    return f"{place} R{number}: {said}" if number else f"{place} {known.race_id.rpartition('-')[2]}: {said}"


def signal(kind: Kind, runner: RunnerPrediction, value: float) -> str:
    """A signal in one sentence."""
    whom = " ".join(part for part in (runner["number"], runner["name"]) if part)
    whom = whom or f"runner {runner['runner_id']}"
    if kind == "VALUE":
        fair = odds(runner["fair_odds"] or 0.0)
        return f"{whom} offers value: {odds(runner['best_price'] or 0.0)} against fair {fair} ({value:+.1%})"
    verb, way = ("steams", "shorter") if kind == "STEAM" else ("drifts", "longer")
    return f"{whom} {verb}: {value:.0%} {way} in 5 minutes, now {odds(runner['price'] or 0.0)}"


def why(prediction: Prediction, runner_id: str) -> str:
    """Why, by the prediction's own reasons: those of the runner first."""
    reasons = sorted(prediction["why"], key=lambda reason: reason["runner_id"] != runner_id)
    return "; ".join(reason["text"] for reason in reasons)


def field(known: Known) -> str:
    """The three most likely to win."""
    names = {}
    for runner in known.view["runners"] if known.view else ():
        names[runner["runner_id"]] = " ".join(part for part in (runner["number"], runner["name"]) if part)
    first = sorted(known.chances.items(), key=lambda item: -item[1])[:3]
    return ", ".join(f"{names.get(id) or id} {chance:.0%}" for id, chance in first if chance > 0.0)


def age(seconds: float) -> str:
    """How old the data is, said so that nobody takes it for newer than it is."""
    return f"data {seconds:.1f} s old" if seconds < 60 else f"data {seconds / 60:.0f} min old"
