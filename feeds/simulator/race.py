"""One simulated race from its card to its official result, as statements in order of time."""

from collections.abc import Iterator
from heapq import merge
from operator import itemgetter
from typing import Any

from feeds.simulator import exchange, in_play, tote
from feeds.simulator.card import card_body, conditions_body
from feeds.simulator.day import RaceDay, Slot
from feeds.simulator.exchange import Statement
from feeds.simulator.finish import Finish, result_body, run
from feeds.simulator.market import Market, trade
from feeds.simulator.plan import Plan, changes, drawn_in_at, entries_at, plan, starters, suspension
from feeds.simulator.script import Withdrawal
from schemas.identity import MICROS
from schemas.records import RaceStage
from topics.catalogue import EVENT_TOPIC

NOTICE = 10
"""A scratch is told a tenth of the suspension after it has begun."""

BY_TIME = itemgetter(0, 1)
OBJECTION = 2.5
"""A result objected to is official after this many times the usual time."""

STARTED = ("OFF", "IN_PLAY", "CLOSED")
IN_PLAY_AFTER = MICROS
"""Between the off and stage IN_PLAY, in microseconds."""


def statements(day: RaceDay, slot: Slot) -> Iterator[Statement]:
    """All of a race, by time and then by the rank of its topic."""
    this = plan(day, slot)
    market = trade(this)
    facts = list(_before_off(this, market))
    streams = [exchange.before_off(this, market)]
    if slot.venue.style.tote:
        streams.append(tote.images(this, market))
    if this.script.abandoned_at is None:
        finish = run(this, starters(this))
        lasts = day.run_seconds or finish.winning_time_seconds
        end = this.script.off + round(lasts * 1000) * 1000
        streams.append(in_play.from_off(this, market, finish, end))
        facts += _from_off(this, market, finish, end)
    facts.sort(key=BY_TIME)
    return merge(facts, *streams, key=BY_TIME)


def _fact(time: int, name: str, body: dict[str, Any]) -> Statement:
    return time, EVENT_TOPIC[name].rank, name, body


def _status(this: Plan, time: int, stage: RaceStage) -> Statement:
    body = {
        "market_id": None,
        "status": stage,
        "scheduled_off": this.scheduled(time),
        "off_time": this.script.off if stage in STARTED else None,
    }
    return _fact(time, "RaceStatus", body)


def _card(this: Plan, time: int) -> Statement:
    body = card_body(this.slot, this.field, this.scheduled(time), entries_at(this, time))
    return _fact(time, "RaceCard", body)


def _before_off(this: Plan, market: Market) -> Iterator[Statement]:
    """Card, conditions and stages, delay, scratches, and the end of a race that is abandoned."""
    opens, field, script = this.slot.opens, this.field, this.script
    yield _card(this, opens)
    yield _fact(opens, "Conditions", conditions_body(field, field.wetness))
    yield _status(this, opens, "SCHEDULED")
    if script.going_at is not None:
        yield _fact(script.going_at, "Conditions", conditions_body(field, script.wetness))
    if script.delay_at is not None:
        cuts = (time for time, _ in changes(this))
        suspended = any(time <= script.delay_at < time + suspension(this.day) for time in cuts)
        yield _status(this, script.delay_at, "SUSPENDED" if suspended else "SCHEDULED")
    for time, _ in changes(this):
        yield _status(this, time, "SUSPENDED")
        if time + suspension(this.day) < script.betting_ends:
            yield _status(this, time + suspension(this.day), "SCHEDULED")
    for switch in script.switches:
        yield _card(this, switch.at)
    for withdrawal in script.withdrawals:
        yield from _withdrawn(this, withdrawal, market)
    if script.abandoned_at is not None:
        yield _status(this, script.abandoned_at, "ABANDONED")


def _withdrawn(this: Plan, withdrawal: Withdrawal, market: Market) -> Iterator[Statement]:
    """A scratch, what it does to the also-eligible, and the re-entry."""
    body = {
        "market_id": None,
        "runner_id": this.runner_ids[withdrawal.runner],
        "action": "SCRATCHED",
        "reduction_factor": round(100.0 * float(market.at(withdrawal.at)[withdrawal.runner]), 1),
        "reason": withdrawal.reason,
    }
    # Betting is suspended first, so that nobody is offered a price that no longer holds.
    notice = suspension(this.day) // NOTICE
    yield _fact(withdrawal.at + notice, "Scratch", body)
    if withdrawal.drawn_in is not None:
        yield _card(this, drawn_in_at(this, withdrawal.at))
    if withdrawal.reinstated_at is not None:
        back = {**body, "action": "REINSTATED", "reduction_factor": None, "reason": None}
        yield _fact(withdrawal.reinstated_at + notice, "Scratch", back)


def _from_off(this: Plan, market: Market, finish: Finish, end: int) -> Iterator[Statement]:
    """The stages from the off on, and both results."""
    field, off = this.field, this.script.off
    starting = in_play.starting_prices(market.final)
    paid = tote.dividends(this, market, finish) if this.slot.venue.style.tote else []
    enquiry = OBJECTION if this.script.objection else 1.0
    official = end + round(enquiry * this.day.official_seconds * MICROS)
    yield _status(this, off, "OFF")
    yield _status(this, min(off + IN_PLAY_AFTER, end), "IN_PLAY")
    yield _status(this, end, "CLOSED")
    yield _fact(end, "Result", result_body(field, finish, starting, "UNOFFICIAL", []))
    yield _fact(official, "Result", result_body(field, finish, starting, "OFFICIAL", paid))
