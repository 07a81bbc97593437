"""Meetings in JSON, one file a meeting, as races."""

import re
from datetime import date

import msgspec

from feeds.hong_kong.race import Paid, Race, RaceKey, Runner
from feeds.hong_kong.words import VENUES, course_of, horse_of, odds_of

SHORTEST_NECK_SECONDS = 0.03
"""The source writes noses and necks alike as 0.05 lengths: a neck takes about 0.05 s, a nose 0.01 s."""

BRAND = 4
"""Letters of a brand."""

_HORSE_ID = re.compile(r"^HK_\d{4}_([A-Z]\d{3})$")


class MeetingRunner(msgspec.Struct, rename="camel"):
    """A finisher as the file has it."""

    placing: int
    horse_no: int
    horse_id: str
    horse_name: str
    jockey: str
    trainer: str
    actual_weight: float | None
    declared_horse_weight: float | None
    draw: int | None
    lbw: float | None
    running_position: list[int]
    finish_seconds: float | None
    win_odds: float | None


class MeetingDividend(msgspec.Struct, rename="camel"):
    """A dividend as the file has it."""

    pool: str
    combination: list[int]
    dividend_per10: float = msgspec.field(name="dividendPer10")


class MeetingRace(msgspec.Struct, rename="camel"):
    """A race as the file has it."""

    date: date
    racecourse: str
    race_no: int
    race_class: int | None
    distance: int | None
    rating_band: str | None
    course: str
    going: str | None
    runners: list[MeetingRunner]
    dividends: dict[str, list[MeetingDividend]]


class MeetingDay(msgspec.Struct):
    """The day of a race, alone."""

    date: date


_day = msgspec.json.Decoder(MeetingDay)
_race = msgspec.json.Decoder(MeetingRace)
_races = msgspec.json.Decoder(list[msgspec.Raw])


def split(data: bytes) -> list[bytes]:
    """The races of a meeting's file, each as its bytes. Raises msgspec.DecodeError for no JSON list."""
    return [bytes(raw) for raw in _races.decode(data)]


def day_of(data: bytes) -> date:
    """The day of a race's bytes, which is quicker than all of it. Raises ValueError where there is none."""
    return _day.decode(data).date


def parse(data: bytes) -> Race:
    """The race of its bytes. Raises ValueError (msgspec's errors are) with what does not fit."""
    told = _race.decode(data)
    if told.racecourse not in VENUES:
        raise ValueError(f"racecourse {told.racecourse!r} is neither ST nor HV")
    if not told.runners:
        raise ValueError("a race without a result: it has no runners")
    surface, course = course_of(told.course)
    race = Race(
        RaceKey(told.date, VENUES[told.racecourse], told.race_no),
        surface=surface,
        course=course,
        going=told.going,
        race_class=f"Class {told.race_class}" if told.race_class else None,
        distance=told.distance,
        rating_band=told.rating_band,
        runners=[_runner(runner) for runner in told.runners],
        dividends=[_paid(paid) for pool in told.dividends.values() for paid in pool],
    )
    _mend_necks(race)
    return race


def who(data: bytes) -> tuple[RaceKey, list[Runner]]:
    """The race of its bytes and who ran in it, names alone. Raises ValueError as `parse` does."""
    told = _race.decode(data)
    key = RaceKey(told.date, VENUES.get(told.racecourse, told.racecourse), told.race_no)
    runners = []
    for runner in told.runners:
        named = horse_of(runner.horse_name)
        name = named[0] if named else runner.horse_name
        brand = runner.horse_id[-BRAND:]
        runners.append(Runner(brand, runner.horse_id, name, jockey=runner.jockey, trainer=runner.trainer))
    return key, runners


def _runner(told: MeetingRunner) -> Runner:
    brand = _HORSE_ID.match(told.horse_id)
    if not brand:
        raise ValueError(f"horseId {told.horse_id!r} is not HK_year_brand")
    named = horse_of(told.horse_name)
    return Runner(
        brand[1],
        told.horse_id,
        named[0] if named else told.horse_name.strip(),
        number=told.horse_no,
        placing=told.placing,
        jockey=told.jockey,
        trainer=told.trainer,
        weight=told.actual_weight,
        body_weight=told.declared_horse_weight,
        draw=told.draw,
        lengths=told.lbw,
        positions=tuple(told.running_position),
        seconds=round(told.finish_seconds, 2) if told.finish_seconds else None,
        odds=odds_of(told.win_odds),
    )


def _paid(told: MeetingDividend) -> Paid:
    return Paid(told.pool, "-".join(map(str, told.combination)), float(told.dividend_per10))


def _mend_necks(race: Race) -> None:
    winner = race.winning_seconds
    for runner in race.runners:
        if runner.lengths == 0.05 and winner and runner.seconds:
            neck = runner.seconds - winner > SHORTEST_NECK_SECONDS - 0.005
            runner.lengths = 0.3 if neck else 0.05


def decode_error(error: Exception) -> str:
    """One line of why a race was not understood."""
    return f"not a race of a meeting: {error}"
