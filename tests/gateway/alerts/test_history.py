"""A day again: facts from the races' own events, rules only while they were in force, and the clock."""

from dataclasses import replace
from uuid import UUID

from gateway.alerts.engine import MINUTE
from gateway.alerts.history import Moment, Version, again, happened
from gateway.alerts.index import Held
from gateway.alerts.rules import Rule
from schemas.identity import MICROS, uuid_of
from schemas.records import Event
from streams.replay import located
from streams.scoring import default_scorer
from tests.gateway.alerts.makers import NOON, RACE, alert, prediction, runner, view
from tests.streams.events import card, entry, odds, price, scratch

USER = UUID(int=7)


def _version(rule: Rule, number: int = 1, begins: int = 0, **fields: int) -> Version:
    return Version(Held(UUID(int=1), USER, number, rule), begins, **fields)


def _alert(second: int, runner_id: str) -> Moment:
    at = NOON + second * MICROS
    return Moment(at, 1, "Alert", alert("SCRATCH", runner_id, event_time=at, recorded_time=at))


def test_a_rule_fires_only_while_it_is_in_force() -> None:
    first = _version(Rule(kind="SCRATCH"), begins=NOON + 2 * MICROS, ends=NOON + 4 * MICROS)
    second = _version(Rule(kind="SCRATCH", races=(RACE,)), 2, NOON + 4 * MICROS, ends=NOON + 6 * MICROS)
    moments = [_alert(n, str(n)) for n in range(1, 9)]
    fired = [(each.runner_id, each.held.version) for _, each in again(moments, [first, second])]
    assert fired == [("2", 1), ("3", 1), ("4", 2), ("5", 2)]


def test_who_is_soon_off_is_told_when_the_clock_says_so_though_nothing_happens() -> None:
    off = NOON + 30 * MINUTE
    moments = [Moment(NOON, 0, "RaceView", view()), Moment(off, 0)]
    [(at, fired)] = again(moments, [_version(Rule(kind="OFF_SOON", threshold=10))])
    assert 9 * MINUTE < off - at <= 10 * MINUTE
    assert fired.race_id == RACE


def test_a_fact_is_derived_from_the_race_s_own_events_with_the_id_that_was_published() -> None:
    out = scratch("2", 20.0)
    told: list[tuple[str, Event]] = [
        ("RaceCard", card([entry("1"), entry("2", jockey_name="A. Rider"), entry("3")])),
        ("OddsUpdate", odds([price(n, 3.0) for n in "123"], 10.0)),
        ("Scratch", out),
    ]
    moments = happened(located(told), [], default_scorer())
    [(at, fired)] = again(moments, [_version(Rule(kind="SCRATCH", riders=("A. Rider",)))])
    assert (at, fired.event_time) == (out["recorded_time"], out["event_time"])
    assert fired.alert_id == uuid_of(f"alert:{out['event_id']}")
    assert "Horse 2 scratched" in fired.title


def test_a_signal_has_the_id_that_the_notifier_gave_it() -> None:
    moments = [Moment(NOON, 0, "RaceView", view())]
    for n in range(1, 5):
        told = prediction(n, [runner("1", 0.5, best_price=2.3)])
        moments.append(Moment(told["recorded_time"], 2, "Prediction", told))
    version = _version(Rule(kind="VALUE", threshold=0.1))
    assert [f.alert_id for _, f in again(moments, [version])] == [
        f.alert_id for _, f in again(moments, [replace(version, begins=NOON)])
    ]
