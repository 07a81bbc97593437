"""What a day's races teach of its later ones, as an event of each race: made for form, read by the race."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from models.clock import FEWEST_RACES, UNUSUAL, Times, in_words
from models.interpreters.notes import Note, note
from models.online import Today
from schemas.records import RaceForm, RunnerForm
from streams.view import View

MEETING = "meeting-2"
"""The feature set of such events."""

COLUMNS = (
    "lean", "trust", "draw bias", "draw doubt", "early bias", "early doubt", "going bias", "going doubt",
    "races", "speed", "speed doubt", "usual speed", "surprise", "timed",
)  # fmt: skip
"""Biases are log-odds. `speed` is % of time above par, `surprise` standard deviations from the usual."""

SETS = {
    MEETING: COLUMNS,
    "meeting-1": ("lean", "trust", "draw bias", "draw doubt", "early bias", "early doubt", "races"),
}
"""Columns of the feature sets that are read: of the earlier one there are recorded events."""

SURE = 2.0
"""Standard deviations that a bias has to be from nothing to be told."""

TO_ONE_SIDE = 0.25
"""How far from the middle a runner has to be for a bias to concern it."""

NOT_HELD = "; results here today are not what prices said"


class Sides(NamedTuple):
    """The two sides of an axis, below 0 and above."""

    kind: str
    favoured: tuple[str, str]
    placed: tuple[str, str]


WORDS = {
    "draw": Sides("DRAW", ("Low draws", "High draws"), ("drawn low", "drawn high")),
    "early": Sides("PACE", ("Front runners", "Horses from behind"), ("usually in front", "usually behind")),
    "going": Sides(
        "GOING",
        ("Lovers of dry going", "Lovers of wet going"),
        ("better on dry going", "better on wet going"),
    ),
}
"""By axis."""


class Lean(NamedTuple):
    """What a race takes from it."""

    by_runner: dict[str, float]
    """Log-odds to add, of runners that have any."""
    trust: float
    id: str | None = None
    """The event's, where any has."""
    words: str = ""
    times: str = ""
    """That the track rides faster or slower than usual, where it does."""


NOTHING = Lean({}, 1.0)


def runners_of(today: Today, times: Times | None, ids: list[tuple[str, str | None]]) -> list[RunnerForm]:
    """The runners of the event, by runner id and horse id in the card's order."""
    told = [each for both in zip(today.bias, today.doubt, strict=True) for each in both]
    common = [today.trust, *told, float(today.races), *_speeds(times)]
    return [
        {
            "runner_id": runner_id,
            "horse_id": horse_id,
            "runs": 0,
            "values": [today.lean[at], *common],
            "lines": [],
            "annotations": list(_notes(today, at)),
        }
        for at, (runner_id, horse_id) in enumerate(ids)
    ]


def _speeds(times: Times | None) -> list[float | None]:
    if times is None:
        return [None, None, None, None, 0.0]
    return [times.speed, times.doubt, times.usual, times.surprise, float(times.races)]


def _notes(today: Today, at: int) -> Iterator[Note]:
    """What a bias that is there beyond doubt says of a runner to one side."""
    for sides, bias, doubt, place in zip(
        WORDS.values(), today.bias, today.doubt, today.places[at], strict=True
    ):
        sure = abs(bias) / doubt if doubt > 0.0 else 0.0
        if sure < SURE or abs(place) < TO_ONE_SIDE:
            continue
        favoured, placed = sides.favoured[bias > 0.0], sides.placed[place > 0.0]
        races = f"{today.races} race{'s' * (today.races != 1)}"
        text = f"{favoured} have run above their prices here today ({races}): it is {placed}."
        yield note(sides.kind, bias * place, sure / (sure + SURE), text)


def told_at(view: View) -> RaceForm | None:
    """The latest of the race's events of the day; None without one that can be read."""
    found = [
        form
        for name, columns in SETS.items()
        if (form := view.forms.get(name)) and tuple(form["columns"]) == columns and form["runners"]
    ]
    return max(found, key=lambda form: form["event_time"], default=None)


def lean_of(view: View) -> Lean:
    """What the day's races say of this one; worked out once a view."""
    found = view.memo.get("lean")
    if found is None:
        found = view.memo["lean"] = _lean(view)
    return cast(Lean, found)


def _lean(view: View) -> Lean:
    form = told_at(view)
    if form is None:
        return NOTHING
    values = dict(zip(form["columns"], form["runners"][0]["values"], strict=True))
    told = {name: value or 0.0 for name, value in values.items()}
    times = _times(view, form, told)
    leans = {r["runner_id"]: lean for r in form["runners"] if (lean := r["values"][0])}
    if not leans:
        return Lean({}, told["trust"], times=times)
    return Lean(leans, told["trust"], form["event_id"], f"today's races here favour {_favoured(told)}", times)


def _favoured(told: dict[str, float]) -> str:
    """The sides that the day favours, in words."""
    biases = ((sides, told.get(f"{axis} bias", 0.0)) for axis, sides in WORDS.items())
    *most, last = [sides.favoured[bias > 0.0].lower() for sides, bias in biases if bias] or ["none"]
    return f"{', '.join(most)} and {last}" if most else last


def _times(view: View, form: RaceForm, told: dict[str, float]) -> str:
    """Unusual times in words; nothing where the going was stated anew since the event was made."""
    going, since = view.conditions.get("track_condition"), view.conditions.get("recorded_time", 0)
    races = int(told.get("timed", 0.0))
    if not going or since > form["event_time"] or races < FEWEST_RACES or abs(told["surprise"]) < UNUSUAL:
        return ""
    return in_words(races, told["usual speed"] - told["speed"], going)
