"""One race of both sources made one: the meetings lead, the details add what they alone know."""

from dataclasses import replace
from math import log

from feeds.hong_kong.names import Names
from feeds.hong_kong.race import Race, Runner

USUAL_SECONDS = {
    ("HKHV", "TURF"): {1000: 57.3, 1200: 70.1, 1650: 100.5, 1800: 110.2, 2200: 137.4},
    ("HKST", "DIRT"): {1200: 69.1, 1650: 99.2, 1800: 109.0},
    ("HKST", "TURF"): {1000: 56.7, 1200: 69.6, 1400: 82.4, 1600: 95.4, 1800: 108.4,
                         2000: 122.7, 2200: 136.1, 2400: 148.0},
}  # fmt: skip
"""Usual times of winners by distance in metres: neighbours are 9 % apart, a slow going is 4 %."""


def joined(meeting: Race | None, details: Race | None, names: Names) -> Race:
    """The race with everything known of it; runners by number, those without one (taken out) last."""
    if meeting is None or details is None:
        race = meeting or details
        assert race is not None
    else:
        race = _both(meeting, details)
    _name(race, names)
    if race.distance is None:
        race.distance = distance_of(race)
    race.runners.sort(key=lambda r: (r.number is None, r.number or 0, r.brand))
    return race


def _both(meeting: Race, details: Race) -> Race:
    mine = {runner.brand: runner for runner in meeting.runners}
    theirs = {runner.brand: runner for runner in details.runners}
    runners = [_runner(runner, theirs.get(brand)) for brand, runner in mine.items()]
    runners += [runner for brand, runner in theirs.items() if brand not in mine]
    known = {paid[:2] for paid in meeting.dividends}
    pools = {paid.pool for paid in meeting.dividends}
    more = [p for p in details.dividends if p.pool not in pools and p[:2] not in known]
    return replace(
        meeting,
        race_class=details.race_class or meeting.race_class,
        name=details.name,
        prize=details.prize,
        leader_seconds=details.leader_seconds,
        runners=runners,
        dividends=[*meeting.dividends, *more],
    )


def _runner(runner: Runner, other: Runner | None) -> Runner:
    """A runner of a meeting with what the details know better (margins) or alone (sections, gear)."""
    if other is None:
        return runner
    lengths = runner.lengths if other.lengths is None else other.lengths
    return replace(runner, lengths=lengths, sections=other.sections, gear=other.gear, comment=other.comment)


def _name(race: Race, names: Names) -> None:
    """Runners that the details alone know get their horse's id and names in English."""
    for runner in race.runners:
        if not runner.horse_id:
            horse = names.horse(runner.brand, race.key.day)
            runner.horse_id = horse.horse_id if horse else f"HK_{runner.brand}"
            runner.name = (horse and horse.name) or runner.name
            runner.jockey, runner.trainer = names.person(runner.jockey), names.person(runner.trainer)


def distance_of(race: Race) -> int | None:
    """The distance in metres of a race that tells none, by the winner's time: the card had it.

    None where there is no time or it is 6 % from any usual one.
    """
    usual = USUAL_SECONDS.get((race.key.track, race.surface))
    seconds = race.winning_seconds
    if not usual or not seconds:
        return None
    distance = min(usual, key=lambda d: abs(log(seconds / usual[d])))
    return distance if abs(log(seconds / usual[distance])) < 0.06 else None
