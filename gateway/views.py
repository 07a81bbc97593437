"""From a RaceView record to the JSON that readers get; pure.

Facts are encoded once and shared by all readers; only age and freshness are added at each sending.
"""

from collections.abc import Iterable

import orjson

from gateway.contract import (
    AlertEvent,
    AlertNote,
    Freshness,
    NoticeEvent,
    RaceFacts,
    RaceForm,
    RaceHistory,
    RaceResult,
    RunnerState,
    ScratchNote,
)
from schemas.identity import MICROS, iso
from schemas.records import Alert, AlertView, FeedStatus, Notice, RaceBars, RaceView, RunnerView
from schemas.tracks import track_by_code

MISSED_HEARTBEATS = 2.5
"""A feed that was silent for so many of its heartbeats is no longer alive."""

BAR_SECONDS = 60
"""Length of the bars that are told of a race that has none yet."""

PRICE_DECIMALS = 3
"""Bars travel as 32-bit floats; so many decimals give back the price that was meant."""


def race_facts(view: RaceView) -> RaceFacts:
    """All of a race's state but what depends on when it is looked at.

    What a record does not say of its track, the table of tracks does; the table's name is the one shown.
    """
    track = track_by_code(view["track_code"])
    return {
        "race_id": view["race_id"],
        "revision": view["revision"],
        "track_code": view["track_code"],
        "track_name": track.name if track else view["track_name"] or view["track_code"],
        "country": view["country"] or (track.country if track else None),
        "time_zone": view["time_zone"] or (track.time_zone if track else None),
        "race_date": view["race_date"],
        "race_number": view["race_number"],
        "race_name": view["race_name"],
        "scheduled_off": _iso(view["scheduled_off"]),
        "off_time": _iso(view["off_time"]),
        "status": view["status"],
        "distance_furlongs": view["distance_furlongs"],
        "surface": view["surface"],
        "track_condition": view["track_condition"],
        "places_paid": view["places_paid"],
        "event_time": iso(view["event_time"]),
        "recorded_time": iso(view["recorded_time"]),
        "prediction_id": view["prediction_id"],
        "model_versions": view["model_versions"],
        "overround": view["overround"],
        "confidence": view["confidence"],
        "traded": view["traded"],
        "why": view["why"],
        "runners": [_runner(runner) for runner in view["runners"]],
        "result": _result(view),
        "alerts": [_alert(alert) for alert in view["alerts"]],
        "basis": view["basis"],
        "form_id": view["form_id"],
        "pace_words": view["pace_words"],
    }


def encode_facts(view: RaceView) -> bytes:
    """JSON of the facts without its closing brace, which `encode_state` adds."""
    return orjson.dumps(race_facts(view))[:-1]


def encode_state(facts: bytes, freshness: Freshness, age_seconds: float) -> bytes:
    """JSON of a RaceState from encoded facts and what the edge adds."""
    return b'%b,"freshness":"%b","age_seconds":%.3f}' % (facts, freshness.encode(), age_seconds)


def age_seconds(view: RaceView, now: int) -> float:
    """Seconds from the newest event of the race to `now` (microseconds since 1970), at least 0."""
    return max(now - view["event_time"], 0) / MICROS


def freshness(feeds: Iterable[FeedStatus], now: int) -> Freshness:
    """Whether the feeds, by their last words, are alive at `now` (microseconds since 1970).

    A quiet market is not a dead feed: only heartbeats count. Of several processes of one source one that is
    alive is enough. A feed that ended counts only where all have.
    """
    sources: dict[str, list[FeedStatus]] = {}
    for feed in feeds:
        sources.setdefault(feed["source"], []).append(feed)
    running = [spoken for spoken in sources.values() if any(feed["state"] != "ENDED" for feed in spoken)]
    if not sources:
        return "unknown"
    alive = [any(_alive(feed, now) for feed in spoken) for spoken in running]
    return "fresh" if running and all(alive) else "stale"


def _alive(feed: FeedStatus, now: int) -> bool:
    silence = (now - feed["recorded_time"]) / MICROS
    return (
        feed["state"] in ("CONNECTED", "HEARTBEAT")
        and silence <= MISSED_HEARTBEATS * feed["heartbeat_seconds"]
    )


def race_history(view: RaceView, bars: RaceBars | None) -> RaceHistory:
    """Closing prices of the race's bars, one list for each runner of its card."""
    times = bars["bar_times"] if bars is not None else []
    prices = {runner["runner_id"]: runner["prices"] for runner in bars["runners"]} if bars is not None else {}
    nothing = [0.0] * len(times)
    return {
        "race_id": view["race_id"],
        "bar_seconds": bars["bar_seconds"] if bars is not None else BAR_SECONDS,
        "times": times,
        "runners": [
            {
                "runner_id": runner["runner_id"],
                "prices": [_price(price) for price in prices.get(runner["runner_id"], nothing)],
            }
            for runner in view["runners"]
        ],
    }


def race_form(view: RaceView) -> RaceForm:
    """What form says of each runner: too much to travel with every price."""
    return {
        "race_id": view["race_id"],
        "form_id": view["form_id"],
        "basis": view["basis"],
        "runners": [
            {
                "runner_id": runner["runner_id"],
                "annotations": [{**note} for note in runner["annotations"]],
                "contributions": [{**part} for part in runner["contributions"]],
            }
            for runner in view["runners"]
        ],
    }


BELIEFS = (
    "win_probability", "place_probability", "fair_odds", "fundamental_probability", "expected_value",
    "expected_value_at_close", "longshot",
)  # fmt: skip
"""Of a runner what the models believe: beside a price it is value."""


def without_value(state: bytes) -> bytes:
    """JSON of a RaceState without what value is read from: facts and prices are left."""
    race = orjson.loads(state)
    race |= {"alerts": [], "why": [], "confidence": None}
    for runner in race["runners"]:
        runner.update(dict.fromkeys(BELIEFS))
    return orjson.dumps(race)


def form_without_value(form: RaceForm) -> RaceForm:
    """What form says of a race without the parts that its probabilities are made of."""
    return {**form, "runners": [{**runner, "contributions": []} for runner in form["runners"]]}


def _price(price: float) -> float | None:
    return round(price, PRICE_DECIMALS) if price > 0.0 else None


def _runner(runner: RunnerView) -> RunnerState:
    return {
        "runner_id": runner["runner_id"],
        "number": runner["number"],
        "name": runner["name"],
        "status": runner["status"],
        "betting_interest": runner["betting_interest"],
        "jockey_name": runner["jockey_name"],
        "back": runner["back"],
        "back_size": runner["back_size"],
        "lay": runner["lay"],
        "lay_size": runner["lay_size"],
        "last": runner["last"],
        "traded": runner["traded"] or 0.0,
        "starting_price": runner["starting_price"],
        "win_probability": runner["win_probability"],
        "place_probability": runner["place_probability"],
        "fair_odds": runner["fair_odds"],
        "movement": [runner["movement_1m"], runner["movement_5m"], runner["movement_30m"]],
        "trend": runner["trend"],
        "scratch": _scratch(runner),
        "finish_position": runner["finish_position"],
        "fundamental_probability": runner["fundamental_probability"],
        "public_probability": runner["public_probability"],
        "form": runner["form"],
        "pace": runner["pace"],
        "pace_spreads": runner["pace_spreads"],
        "expected_value": runner["expected_value"],
        "projected_price": runner["projected_price"],
        "expected_value_at_close": runner["expected_value_at_close"],
        "longshot": runner["longshot"],
    }


def _scratch(runner: RunnerView) -> ScratchNote | None:
    if runner["scratch_time"] is None:
        return None
    return {
        "time": iso(runner["scratch_time"]),
        "reduction_factor": runner["reduction_factor"],
        "reason": runner["scratch_reason"],
    }


def _result(view: RaceView) -> RaceResult | None:
    if view["result_state"] is None:
        return None
    stated = view["event_time"] if view["result_time"] is None else view["result_time"]
    return {"state": view["result_state"], "winners": view["winners"], "time": iso(stated)}


def _alert(alert: AlertView) -> AlertNote:
    return {
        "alert_id": alert["alert_id"],
        "kind": alert["kind"],
        "runner_id": alert["runner_id"],
        "headline": alert["headline"],
        "detail": alert["detail"],
        "event_time": iso(alert["event_time"]),
    }


def alert_event(alert: Alert) -> AlertEvent:
    """An alert as the channel of alerts tells it."""
    return {
        "alert_id": alert["event_id"],
        "race_id": alert["race_id"],
        "kind": alert["kind"],
        "rule_version": alert["rule_version"],
        "runner_id": alert["runner_id"],
        "number": alert["number"],
        "name": alert["name"],
        "headline": alert["headline"],
        "detail": alert["detail"],
        "value": alert["value"],
        "threshold": alert["threshold"],
        "episode": alert["episode"],
        "event_time": iso(alert["event_time"]),
        "recorded_time": iso(alert["recorded_time"]),
        "expires_at": iso(alert["expires_at"]),
    }


def notice_event(notice: Notice) -> NoticeEvent:
    """A notice as its user's own channel tells it."""
    return {
        "alert_id": notice["alert_id"],
        "race_id": notice["race_id"],
        "kind": notice["kind"],
        "rule_id": notice["rule_id"],
        "rule_version": notice["rule_version"],
        "runner_id": notice["runner_id"],
        "title": notice["title"],
        "text": notice["text"],
        "event_time": iso(notice["event_time"]),
        "recorded_time": iso(notice["recorded_time"]),
        "expires_at": iso(notice["expires_at"]),
    }


def _iso(value: int | None) -> str | None:
    return None if value is None else iso(value)


def feeds_of(view: RaceView, feeds: Iterable[FeedStatus]) -> Iterable[FeedStatus]:
    """The feeds that a race's freshness depends on: the one it names as its source, else all of them."""
    spoken = list(feeds)
    return [feed for feed in spoken if feed["source"] == view["source"]] or spoken
