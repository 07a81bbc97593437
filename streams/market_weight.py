"""What market and form count by minutes to the off, as an event of each race: form makes it, races read."""

from typing import cast

from models.market_weight import UNMOVED, MarketWeight
from schemas.identity import MICROS
from schemas.records import RaceForm, RunnerForm
from schemas.tracks import track_by_code
from streams.view import View

MARKET_WEIGHT = "market-weight-1"
"""How the feature set of such events begins; the model that they are for follows."""

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


def feature_set_of(model: str) -> str:
    """The feature set of the events for a model, `name=version`."""
    return f"{MARKET_WEIGHT} {model}"


def factors(view: View, minutes: float | None, model: str) -> tuple[float, float]:
    """What the market's term and a model's are multiplied by so long before the off."""
    weight = weight_of(view, model)
    return weight.at(minutes) if minutes is not None and weight is not UNMOVED else (1.0, 1.0)


def weight_of(view: View, model: str) -> MarketWeight:
    """What the race was told for a model, `name=version`; worked out once a view."""
    if not model:
        return UNMOVED
    name = feature_set_of(model)
    found = view.memo.get(name)
    if found is None:
        found = view.memo[name] = _weight_of(view.forms.get(name))
    return cast(MarketWeight, found)


def _weight_of(form: RaceForm | None) -> MarketWeight:
    if form is None or tuple(form["columns"]) != COLUMNS or not form["runners"]:
        return UNMOVED
    values = [value or 0.0 for value in form["runners"][0]["values"]]
    if len(values) != len(COLUMNS):
        return UNMOVED
    found = MarketWeight((values[0], values[1], values[2], values[3]))
    return UNMOVED if found == UNMOVED else found


def words(weight: MarketWeight) -> str:
    """What was told, as a reason."""
    if weight == UNMOVED:
        return "earlier races here: prices and form count again what the model was fitted with"
    market, form = weight.at(60.0)
    return (
        f"earlier races here: an hour before the off prices count {market:.2f} and form {form:.2f} "
        "times what the model was fitted with"
    )
