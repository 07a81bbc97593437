"""The race as readers see it, for the compacted topics that gateways start from: its state, and its bars."""

from typing import cast

from msgspec.structs import asdict

from models import relative, trend
from schemas.identity import uuid_of
from schemas.records import AlertView, RaceBars, RaceView, RunnerView
from streams.book import BAR_SECONDS, TRADED, WIDTH, settle
from streams.explanation import NOTHING as UNTOLD
from streams.explanation import Told, exponents_in, figures_of_form, pace_words, told
from streams.race import Race
from streams.scoring import offers_of
from streams.state import Said
from streams.statements import OUT, SOURCE, UNKNOWN_MOVES, model_versions, moves, prediction_id, prices
from streams.view import Runner, View
from streams.worth import NOTHING as NO_WORTH
from streams.worth import Believed, Quotes, Worth, worth

SHOWN_BARS = 60
NOTHING = (0.0,) * WIDTH


def race_view(race: Race) -> RaceView:
    """The latest of a race, whole."""
    state, view, said = race.state, race.view, race.state.said
    card = view.card
    book = view.book
    in_force = said if said is not None and view.interests else None
    return {
        "event_id": uuid_of(f"view:{state.race_id}:{state.digest.hex()}"),
        "source": SOURCE,
        "race_id": state.race_id,
        "event_time": state.event_time,
        "recorded_time": state.recorded_time,
        "sequence": state.revision,
        "revision": state.revision,
        "track_code": card.get("track_code") or state.race_id.partition("-")[0],
        "track_name": card.get("track_name"),
        "country": card.get("country"),
        "time_zone": card.get("time_zone"),
        "race_date": card.get("race_date"),
        "race_number": card.get("race_number"),
        "race_name": card.get("race_name"),
        "scheduled_off": view.scheduled_off,
        "off_time": view.off_time,
        "status": view.stage,
        "distance_furlongs": card.get("distance_furlongs"),
        "surface": view.conditions.get("surface") or card.get("surface"),
        "track_condition": view.conditions.get("track_condition"),
        "weather_condition": view.conditions.get("weather_condition"),
        "places_paid": view.places,
        "prediction_id": prediction_id(state.race_id, said) if said else None,
        "model_versions": model_versions(said.models) if said else {},
        "overround": in_force.overround if in_force else None,
        "confidence": in_force.confidence if in_force else None,
        "traded": sum(book.quotes[TRADED::WIDTH]) if book else 0.0,
        "why": said.why if said else [],
        "runners": _runners(view, said),
        "result_state": view.result_state,
        "result_time": view.result_time,
        "winners": list(view.winners),
        "alerts": [cast(AlertView, asdict(alert)) for alert in state.alerts],
        "basis": said.basis if said else "MARKET",
        "form_id": said.form_id if said else None,
        "pace_words": pace_words(view) if in_force else "",
        "exponents": list(exponents_in(view)) if in_force else [],
    }


def last_minute(race: Race) -> int | None:
    """The minute (since 1970) of the newest bar of the scored book; None where none has closed."""
    book = race.view.book
    return book.bars[-1].minute if book is not None and book.bars else None


def race_bars(race: Race) -> RaceBars:
    """The latest bars of the scored book; without one there are none."""
    state, view = race.state, race.view
    bars = view.book.bars[-SHOWN_BARS:] if view.book is not None else []
    index = view.book.index if view.book is not None else {}
    settle(bars)
    rows = [(runner.runner_id, index.get(runner.runner_id, -1)) for runner in view.runners]
    return {
        "event_id": uuid_of(f"bars:{state.race_id}:{state.digest.hex()}"),
        "source": SOURCE,
        "race_id": state.race_id,
        "event_time": state.event_time,
        "recorded_time": state.recorded_time,
        "sequence": state.revision,
        "bar_seconds": BAR_SECONDS,
        "bar_times": [bar.minute * BAR_SECONDS for bar in bars],
        "runners": [
            {
                "runner_id": id,
                "prices": [bar.prices[row] if 0 <= row < len(bar.prices) else 0.0 for bar in bars],
            }
            for id, row in rows
        ],
    }


UNSAID = (OUT, OUT, OUT, UNKNOWN_MOVES, 0.0)
"""Of a runner of whom nothing is said: chances to win, to place, to win by the market alone; moves; price."""


def _said_of(view: View, said: Said | None) -> list[tuple[float, float, float, list[float], float]]:
    """What was last said of each runner of the card as it is now, as UNSAID."""
    figures: dict[str, tuple[float, float, float, list[float], float]] = {}
    if said is not None:
        # A state stored by an earlier release has no chances by the market alone.
        rows = zip(said.win, said.place, said.public or said.win, moves(said), prices(said), strict=True)
        figures = dict(zip(said.runner_ids, rows, strict=True))
    return [
        figures.get(runner.runner_id, UNSAID) if runner.status == "ACTIVE" else UNSAID
        for runner in view.runners
    ]


def _worth(
    view: View, said: Said | None, of_runners: list[tuple[float, float, float, list[float], float]]
) -> list[Worth]:
    """What a bet on each runner is worth at the prices of now."""
    if said is None or view.book is None:
        return [NO_WORTH] * len(view.runners)
    win, _, public, _, price = zip(*of_runners, strict=True) if of_runners else ((),) * 5
    quotes = Quotes(view.book.quotes.tolist(), offers_of(view), view.book.projected)
    return worth(view, Believed(win, public, price, said.overround), quotes)


def _runners(view: View, said: Said | None) -> list[RunnerView]:
    """The runners with what was last said of each."""
    of_runners = _said_of(view, said)
    book = view.book
    index = book.index if book is not None else {}
    quotes = book.quotes.tolist() if book is not None else []
    in_play = book.in_play if book is not None else {}
    starting_prices = book.starting_prices if book is not None else {}
    shown = []
    rows = zip(_lasting(view), of_runners, _worth(view, said, of_runners), strict=True)
    for lasting, (win, place, public, move, _), bet in rows:
        id = lasting["runner_id"]
        row = index.get(id)
        quoted = quotes[row * WIDTH : (row + 1) * WIDTH] if row is not None else NOTHING
        last, back, back_size, lay, lay_size, traded = quoted
        change = relative(move[1])
        runner: RunnerView = {
            **lasting,
            "last": in_play.get(id) or last or None,
            "back": back or None,
            "back_size": back_size or None,
            "lay": lay or None,
            "lay_size": lay_size or None,
            "traded": traded or None,
            "starting_price": starting_prices.get(id),
            "win_probability": win if win >= 0.0 else None,
            "place_probability": place if win >= 0.0 else None,
            "public_probability": public if win >= 0.0 and public >= 0.0 else None,
            "fair_odds": 1.0 / win if win > 0.0 else None,
            "movement_1m": relative(move[0]),
            "movement_5m": change,
            "movement_30m": relative(move[2]),
            "trend": trend(change),
            "expected_value": bet.expected_value,
            "projected_price": bet.projected_price,
            "expected_value_at_close": bet.expected_value_at_close,
            "longshot": bet.longshot,
        }
        shown.append(runner)
    return shown


def _lasting(view: View) -> list[RunnerView]:
    """What of each runner stays while the view does, worked out once; all else is missing in it."""
    found = view.memo.get("lasting")
    if found is None:
        found = view.memo["lasting"] = [
            _lasting_of(runner, view, of_runner)
            for runner, of_runner in zip(view.runners, told(view), strict=True)
        ]
    return cast(list[RunnerView], found)


def _lasting_of(runner: Runner, view: View, of_runner: Told) -> dict[str, object]:
    if runner.status != "ACTIVE":
        of_runner = UNTOLD._replace(annotations=of_runner.annotations)
    scratch = runner.scratch
    return {
        "runner_id": runner.runner_id,
        "number": runner.number,
        "name": runner.name,
        "status": runner.status,
        "betting_interest": runner.betting_interest,
        "jockey_name": runner.jockey_name,
        "scratch_time": scratch["event_time"] if scratch else None,
        "reduction_factor": scratch["reduction_factor"] if scratch else None,
        "scratch_reason": scratch["reason"] if scratch else None,
        "finish_position": runner.finish_position,
        "placed": runner.placed,
        "trainer_name": runner.trainer_name,
        "fundamental_probability": of_runner.fundamental,
        "contributions": of_runner.contributions,
        "annotations": of_runner.annotations,
        "pace": of_runner.pace,
        "pace_spread": of_runner.pace_spread,
        "pace_spreads": of_runner.pace_spreads,
        "form": figures_of_form(view).get(runner.runner_id, ""),
    }
