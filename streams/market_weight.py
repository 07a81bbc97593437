"""What market and form count by minutes to the off, as an event of each race: form makes it, races read."""

from typing import cast

from models.market_weight import UNMOVED, MarketWeight
from schemas.identity import MICROS
from schemas.records import RunnerForm
from schemas.tracks import track_by_code
from streams.view import View

MARKET_WEIGHT = "market-weight-1"
"""The feature set of such events."""

COLUMNS = ("market", "market earlier", "form", "form earlier", "races")
MICROS_A_MINUTE = 60 * MICROS


def country_of(track_code: str) -> str:
    """Whose races teach each other: the track's country, the first two letters of a code the table lacks."""
    track = track_by_code(track_code)
    return track.country if track else track_code[:2]


def runners_of(weight: MarketWeight, races: int, ids: list[tuple[str, str | None]]) -> list[RunnerForm]:
    """The runners of the event, by runner id and horse id: of each the same, for it is the race's."""
    values: list[float | None] = [*weight.terms, float(races)]
    return [
        {
            "runner_id": runner_id,
            "horse_id": horse_id,
            "runs": 0,
            "values": values,
            "lines": [],
            "annotations": [],
        }
        for runner_id, horse_id in ids
    ]


def minutes_to_off(view: View, event_time: int) -> float | None:
    """Whole minutes to the announced off, below 0 after it; None where none is announced."""
    if view.scheduled_off is None:
        return None
    return float((view.scheduled_off - event_time) // MICROS_A_MINUTE)


def factors(view: View, event_time: int) -> tuple[float, float]:
    """What the market's term and form's are multiplied by at a moment."""
    weight = weight_of(view)
    minutes = minutes_to_off(view, event_time) if weight is not UNMOVED else None
    return weight.at(minutes) if minutes is not None else (1.0, 1.0)


def weight_of(view: View) -> MarketWeight:
    """What the race was told; worked out once a view."""
    found = view.memo.get(MARKET_WEIGHT)
    if found is None:
        found = view.memo[MARKET_WEIGHT] = _weight_of(view)
    return cast(MarketWeight, found)


def _weight_of(view: View) -> MarketWeight:
    form = view.forms.get(MARKET_WEIGHT)
    if form is None or tuple(form["columns"]) != COLUMNS or not form["runners"]:
        return UNMOVED
    market, earlier_market, form_now, earlier_form, _ = [v or 0.0 for v in form["runners"][0]["values"]]
    found = MarketWeight((market, earlier_market, form_now, earlier_form))
    return UNMOVED if found == UNMOVED else found


def event_id(view: View) -> str | None:
    """Of the event that moves chances, if any does."""
    return view.forms[MARKET_WEIGHT]["event_id"] if weight_of(view) is not UNMOVED else None


def words(view: View) -> str:
    """What was told, as a reason."""
    market, form = weight_of(view).at(60.0)
    return (
        f"earlier races here: an hour before the off prices count {market:.2f} and form {form:.2f} "
        "times what they do in the end"
    )
