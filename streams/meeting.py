"""What a day's races teach of its later ones, as an event of each race: made for form, read by the race."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from models.interpreters.notes import Note, note
from models.online import Today
from schemas.records import RunnerForm
from streams.view import View

MEETING = "meeting-1"
"""The feature set of such events."""

COLUMNS = ("lean", "trust", "draw bias", "draw doubt", "early bias", "early doubt", "races")
SURE = 2.0
"""Standard deviations that a bias has to be from nothing to be told."""

TO_ONE_SIDE = 0.25
"""How far from the middle a runner has to be for a bias to concern it."""

NOT_HELD = "; results here today are not what prices said"
WORDS = {
    "DRAW": ("Low draws", "High draws", "drawn low", "drawn high"),
    "PACE": ("Front runners", "Horses from behind", "usually in front", "usually behind"),
}
"""By kind of note: who is favoured below 0 and above, and what a runner is below 0 and above."""


class Lean(NamedTuple):
    """What a race takes from it."""

    by_runner: dict[str, float]
    """Log-odds to add, of runners that have any."""
    trust: float
    id: str | None = None
    """The event's, where any has."""
    words: str = ""


NOTHING = Lean({}, 1.0)


def runners_of(today: Today, ids: list[tuple[str, str | None]]) -> list[RunnerForm]:
    """The runners of the event, by runner id and horse id in the card's order."""
    (draw, early), (draw_doubt, early_doubt) = today.bias, today.doubt
    common = [today.trust, draw, draw_doubt, early, early_doubt, float(today.races)]
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


def _notes(today: Today, at: int) -> Iterator[Note]:
    """What a bias that is there beyond doubt says of a runner to one side."""
    for (kind, words), bias, doubt, place in zip(
        WORDS.items(), today.bias, today.doubt, today.places[at], strict=True
    ):
        sure = abs(bias) / doubt if doubt > 0.0 else 0.0
        if sure < SURE or abs(place) < TO_ONE_SIDE:
            continue
        favoured, placed = words[bias > 0.0], words[2 + (place > 0.0)]
        races = f"{today.races} race{'s' * (today.races != 1)}"
        text = f"{favoured} have run above their prices here today ({races}): it is {placed}."
        yield note(kind, bias * place, sure / (sure + SURE), text)


def lean_of(view: View) -> Lean:
    """What the day's races say of this one; worked out once a view."""
    found = view.memo.get("lean")
    if found is None:
        found = view.memo["lean"] = _lean(view)
    return cast(Lean, found)


def _lean(view: View) -> Lean:
    form = view.forms.get(MEETING)
    if form is None or tuple(form["columns"]) != COLUMNS or not form["runners"]:
        return NOTHING
    _, trust, draw, _, early, *_ = [value or 0.0 for value in form["runners"][0]["values"]]
    leans = {r["runner_id"]: lean for r in form["runners"] if (lean := r["values"][0])}
    if not leans:
        return Lean({}, trust)
    favoured = [words[bias > 0.0].lower() for words, bias in zip(WORDS.values(), (draw, early), strict=True)]
    return Lean(leans, trust, form["event_id"], f"today's races here favour {' and '.join(favoured)}")
