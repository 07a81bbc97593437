"""Facts between two views of a race: who is out or back, another rider, gear, weight or going, the result."""

from collections.abc import Iterable, Iterator
from typing import cast

from schemas.identity import MICROS, uuid_of
from schemas.records import Alert, AlertKind, Event, Reason, Scratch
from streams.alerts import HOUR_SECONDS, RULES_VERSION, scratch_alert
from streams.declared import entered, entry_changes, moved, surface_of
from streams.explanation import label
from streams.meeting import lean_of
from streams.state import RaceState
from streams.statements import SOURCE, Statement, reasons
from streams.view import Runner, View

TELLING = ("RaceCard", "Scratch", "Conditions", "Result", "RaceForm")
"""Events that may tell a fact, by the name of their schema."""

GROUND = ("RaceCard", "Conditions")
"""Events that may say what a race is run on."""

EFFECTS = ("GOING", "PACE", "PRICE", "FORM")
"""Kinds of reasons that are effects of a fact."""

EXPLAINED = ("SCRATCH", "RE_ENTRY", "RIDER", "EQUIPMENT", "WEIGHT", "GOING")


def changes(state: RaceState, before: View, now: View, name: str, event: Event) -> tuple[Alert, ...]:
    """Alerts of what `event`, just folded, made of the view `before`; the ids follow from the event's."""
    found = list(_scratches(state, before, now, name, event))
    if name == "RaceCard":
        found += _entries(before, now, event)
    if name in GROUND:
        found += _ground(before, now, event)
    if name == "Result":
        found += _result(before, now, event)
    elif name == "RaceForm":
        found += _doubt(before, now, event)
    return tuple(found)


def explain(fired: Iterable[tuple[int, Alert]], stated: dict[int, Statement]) -> None:
    """Say in each fact what it changed: whom the going suits, who leads now, and the moves at its own point.

    The next price replaces what a prediction says of its change; the alert stays.
    """
    for at, alert in fired:
        if alert["kind"] in EXPLAINED and at in stated:
            alert["detail"] = "; ".join(_effects(reasons(stated[at])))
            for noted in stated[at].point.race.state.alerts:
                if noted.alert_id == alert["event_id"]:
                    noted.detail = alert["detail"]


def _effects(found: Iterable[Reason]) -> Iterator[str]:
    for reason in found:
        # The going itself is what the alert's headline says.
        text = reason["text"].partition(": ")[2] if reason["kind"] == "GOING" else reason["text"]
        if reason["kind"] in EFFECTS and text:
            yield text


def _scratches(state: RaceState, before: View, now: View, name: str, event: Event) -> Iterator[Alert]:
    """Runners that were scratched or put back."""
    out = {runner.runner_id for runner in before.runners if runner.scratch}
    for runner in now.runners:
        if runner.scratch and runner.runner_id not in out:
            yield scratch_alert(runner.scratch, state, now)
    if name == "Scratch" and out - {runner.runner_id for runner in now.runners if runner.scratch}:
        yield scratch_alert(cast(Scratch, event), state, now)


def _entries(before: View, now: View, event: Event) -> Iterator[Alert]:
    """Riders, equipment and weights that are others than before."""
    was = {runner.runner_id: entered(runner) for runner in before.runners}
    for change in entry_changes(now, was):
        runner, said = now.runners[change.at], label(now, change.at)
        if change.kind == "RIDER":
            words = f"{said}: {change.new} rides instead of {change.old}"
            yield _fact("RIDER", now, event, words, runner)
        elif change.kind == "EQUIPMENT":
            words = f"{said}: equipment {change.new}, was {change.old}"
            yield _fact("EQUIPMENT", now, event, words, runner)
        else:
            words = f"{said} carries {change.new:g} lbs instead of {change.old:g}"
            yield _fact("WEIGHT", now, event, words, runner, value=float(change.new) - float(change.old))


def _ground(before: View, now: View, event: Event) -> Iterator[Alert]:
    """Another going, or the race moved to another surface: one alert where both came at once."""
    was, condition = before.conditions.get("track_condition"), now.conditions.get("track_condition")
    switch = moved(surface_of(before), surface_of(now))
    if switch:
        going = f", going {condition.lower()}" if condition and condition != was else ""
        yield _fact("GOING", now, event, f"{switch.capitalize()}{going}")
    elif was and condition and was != condition:
        yield _fact("GOING", now, event, f"Going {condition.lower()}, was {was.lower()}")


def _doubt(before: View, now: View, event: Event) -> Iterator[Alert]:
    """Prices were found not to hold at the meeting, from now on and for the rest of its day."""
    left = lean_of(now).trust
    if left < lean_of(before).trust:
        share = f"{left:.0%}".replace("%", " %")
        words = f"Results at this meeting are not what prices said: confidence is {share} of what it was"
        yield _fact("CONFIDENCE", now, event, words, value=left)


def _result(before: View, now: View, event: Event) -> Iterator[Alert]:
    """The result when it is first told, when it is official, and when the finish is corrected."""
    finish = [(r.runner_id, r.finish_position) for r in now.runners]
    same = finish == [(r.runner_id, r.finish_position) for r in before.runners]
    if now.result_state is None or (before.result_state == now.result_state and same):
        return
    placed = sorted((r.finish_position, at) for at, r in enumerate(now.runners) if r.finish_position)
    order = ", ".join(f"{position}. {label(now, at)}" for position, at in placed)
    winners = ", ".join(label(now, at) for at, r in enumerate(now.runners) if r.runner_id in now.winners)
    said = "Official result" if now.result_state == "OFFICIAL" else "Result, not yet official"
    alert = _fact("RESULT", now, event, f"{said}: {winners or 'no winner told'}")
    alert["detail"] = order
    yield alert


def _fact(
    kind: AlertKind,
    view: View,
    event: Event,
    headline: str,
    runner: Runner | None = None,
    *,
    value: float | None = None,
) -> Alert:
    whom = runner.runner_id if runner else ""
    late = event["event_time"] + HOUR_SECONDS * MICROS
    return {
        "event_id": uuid_of(f"alert:{event['event_id']}:{kind}:{whom}"),
        "source": SOURCE,
        "race_id": event["race_id"],
        "event_time": event["event_time"],
        "recorded_time": event["recorded_time"],
        "sequence": event["sequence"],
        "kind": kind,
        "rule_version": RULES_VERSION,
        "runner_id": runner.runner_id if runner else None,
        "number": runner.number if runner else None,
        "name": runner.name if runner else None,
        "headline": headline,
        "value": value,
        "threshold": None,
        "episode": 0,
        "detail": "",
        "favourite": False,
        "expires_at": late if kind == "RESULT" else view.scheduled_off or late,
    }
