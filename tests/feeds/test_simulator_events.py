import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby, islice, pairwise, takewhile
from typing import Any, cast

import numpy as np
import pytest

from feeds.simulator import Named, RaceDay, crowd, demo, events, real
from feeds.simulator.ladder import PRICES
from schemas.codec import default_codec
from schemas.identity import MICROS, micros
from streams.race import Race
from streams.state import RaceState
from topics.catalogue import EVENT_TOPIC, RACE_EVENTS

START = datetime(2026, 7, 16, 17, 0, tzinfo=UTC)
RACES = {topic.schema for topic in RACE_EVENTS} - {"ModelPinned", "RaceForm"}
"""What a feed tells of races; models and form are the workers'."""


def quick(seed: int, races: int) -> RaceDay:
    """A demo that ends, with a tenth of the odds updates."""
    return replace(demo(seed, START), races=races, message_share=0.02, least_rate=0.2)


def seconds(event: Any) -> float:
    return float(event["recorded_time"] - micros(START)) / MICROS


@pytest.fixture(scope="module")
def day() -> list[Named]:
    return list(events(quick(11, 300)))


@pytest.fixture(scope="module")
def folded(day: list[Named]) -> dict[str, Race]:
    races: dict[str, Race] = {}
    for name, event in day:
        if name in RACES:
            race = races.setdefault(event["race_id"], Race(RaceState(event["race_id"])))
            assert race.fold(name, event), "an event that changes nothing"
    return races


@pytest.fixture(scope="module")
def first_minute() -> list[Named]:
    return list(takewhile(lambda named: seconds(named[1]) <= 60.0, events(demo(5, START))))


def odds(named: list[Named], pool: str, in_play: bool = False) -> Iterator[dict[str, Any]]:
    for name, event in named:
        record = cast(dict[str, Any], event)
        if name == "OddsUpdate" and record["pool"] == pool and record["in_play"] == in_play:
            yield record


def records(named: list[Named], name: str) -> list[dict[str, Any]]:
    return [cast(dict[str, Any], event) for kind, event in named if kind == name]


def test_the_same_day_has_the_same_bytes() -> None:
    encode = default_codec().encode
    once, again = ([encode(*named) for named in events(quick(3, 6))] for _ in range(2))
    assert once == again


def test_bytes_do_not_depend_on_the_process() -> None:
    code = (
        "import hashlib; from itertools import islice; from datetime import UTC, datetime;"
        "from feeds.simulator import demo, events;"
        "day = demo(3, datetime(2026, 7, 16, 17, 0, tzinfo=UTC));"
        "print(hashlib.sha256(repr(list(islice(events(day), 2000))).encode()).hexdigest())"
    )
    here = hashlib.sha256(repr(list(islice(events(demo(3, START)), 2000))).encode()).hexdigest()
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Asia/Tokyo"}
    there = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here


def test_another_seed_start_or_profile_is_another_day() -> None:
    days = (
        demo(3, START),
        demo(4, START),
        demo(3, START.replace(hour=18)),
        real(3, START),
        quick(3, 5),
    )
    ids = [event["event_id"] for day in days for _, event in islice(events(day), 200)]
    assert len(set(ids)) == len(ids)


def test_a_day_of_more_races_begins_the_same_ids_included() -> None:
    short, endless = (
        list(takewhile(lambda named: seconds(named[1]) < 60.0, events(replace(demo(3, START), races=races))))
        for races in (5, None)
    )
    assert short == endless


def test_every_event_is_valid_against_its_schema(day: list[Named]) -> None:
    wire = default_codec()
    assert {name for name, _ in day} == RACES | {"FeedStatus"}
    for name, event in day:
        assert wire.decode(wire.encode(name, event)) == (name, event)


def test_events_come_in_the_order_in_which_they_became_known(day: list[Named]) -> None:
    times = [event["recorded_time"] for _, event in day]
    assert times == sorted(times)
    assert all(event["event_time"] == event["recorded_time"] for _, event in day)


def test_at_one_instant_a_race_follows_the_rank_of_topics(day: list[Named]) -> None:
    races: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for name, event in day:
        races[event["race_id"]].append((event["recorded_time"], EVENT_TOPIC[name].rank))
    assert all(stamps == sorted(stamps) for stamps in races.values())


def test_ids_are_unique_and_sequences_ascend_within_a_race(day: list[Named]) -> None:
    assert len({event["event_id"] for _, event in day}) == len(day)
    races: dict[str, list[int]] = defaultdict(list)
    for _, event in day:
        races[event["race_id"]].append(event["sequence"])
    for race_id, sequences in races.items():
        assert sequences == list(range(0 if race_id == "" else 1, len(sequences) + (race_id != "")))


def test_heartbeats_come_every_five_seconds_from_connected_to_ended(day: list[Named]) -> None:
    beats = records(day, "FeedStatus")
    assert [beat["state"] for beat in beats[:3]] == ["CONNECTED", "HEARTBEAT", "HEARTBEAT"]
    assert day[0][0] == day[-1][0] == "FeedStatus"
    assert beats[-1]["state"] == "ENDED"
    assert beats[-1]["events"] == len(day) - len(beats)
    assert {later["event_time"] - beat["event_time"] for beat, later in pairwise(beats[:-1])} == {5 * MICROS}


def test_a_day_without_races_says_so_and_ends() -> None:
    states = [cast(Any, event)["state"] for _, event in events(quick(1, 0))]
    assert states == ["CONNECTED", "ENDED"]


def test_every_race_ends_with_a_winner_or_abandoned(folded: dict[str, Race]) -> None:
    assert len(folded) == 300
    for race in folded.values():
        view = race.view
        if view.stage == "ABANDONED":
            assert view.winners == ()
        else:
            assert (view.stage, view.result_state) == ("CLOSED", "OFFICIAL")
            assert view.winners


def test_only_runners_still_in_finish_and_all_of_them_do(folded: dict[str, Race]) -> None:
    for race in folded.values():
        if race.view.stage == "CLOSED":
            finished = [runner.finish_position is not None for runner in race.view.runners]
            assert finished == [runner.status == "ACTIVE" for runner in race.view.runners]


def test_the_book_prices_exactly_the_runners_still_in_at_the_off(folded: dict[str, Race]) -> None:
    for race in folded.values():
        view = race.view
        if view.stage == "CLOSED":
            book = race.state.books[f"simulator|sim-{race.state.race_id}-win"]
            active = {runner.runner_id for runner in view.runners if runner.status == "ACTIVE"}
            assert set(book.starting_prices) == active
            assert view.interests == len(set(view.columns) - {-1})
            assert min(view.rows) >= 0


def test_what_a_result_says_of_places_agrees_with_the_card(folded: dict[str, Race]) -> None:
    for race in folded.values():
        for runner in race.view.runners:
            if runner.finish_position is not None:
                assert runner.placed == (runner.finish_position <= race.view.places)


def test_prices_before_the_off_are_on_the_ladder_back_below_lay(day: list[Named]) -> None:
    ladder = set(PRICES)
    for update in odds(day, "EXCHANGE"):
        for price in update["runners"]:
            assert price["last"] in ladder or not price["traded"]
            if price["back"] is None:
                assert update["image"], "offers lapse in a suspension alone"
                continue
            assert {price["back"], price["lay"]} <= ladder
            assert price["back"] < price["lay"]
            assert price["back_size"] > 0.0 < price["lay_size"]


def test_last_traded_prices_have_a_small_overround(day: list[Named]) -> None:
    last: dict[str, dict[str, float]] = defaultdict(dict)
    rounds = []
    for update in odds(day, "EXCHANGE"):
        if update["image"]:
            last[update["race_id"]].clear()
        last[update["race_id"]].update({p["runner_id"]: p["last"] for p in update["runners"]})
        prices = last[update["race_id"]].values()
        if all(prices):
            rounds.append(sum(1.0 / price for price in prices))
    assert 0.995 < sum(rounds) / len(rounds) < 1.03
    within = sum(0.95 <= overround <= 1.06 for overround in rounds)
    assert within > 0.8 * len(rounds)


def test_money_traded_on_a_runner_never_gets_less(day: list[Named]) -> None:
    traded: dict[tuple[str, str], float] = {}
    for update in odds(day, "EXCHANGE"):
        for price in update["runners"]:
            key = update["race_id"], price["runner_id"]
            assert price["traded"] >= traded.get(key, 0.0)
            traded[key] = price["traded"]


def test_nothing_can_be_backed_or_laid_while_betting_is_suspended(day: list[Named]) -> None:
    stages: dict[str, str] = {}
    for name, event in day:
        record = cast(Any, event)
        if name == "RaceStatus":
            stages[record["race_id"]] = record["status"]
        elif name == "OddsUpdate" and record["pool"] == "EXCHANGE":
            stage = stages[record["race_id"]]
            offers = [price["back"] or price["lay"] for price in record["runners"]]
            assert (stage == "SUSPENDED") == (not any(offers))
            assert record["in_play"] == (stage in ("OFF", "IN_PLAY", "CLOSED"))


def test_an_exchange_begins_with_an_image_and_then_states_changes(day: list[Named]) -> None:
    updates = sorted(odds(day, "EXCHANGE"), key=lambda update: (update["race_id"], update["sequence"]))
    for _, race in groupby(updates, key=lambda update: str(update["race_id"])):
        first, *rest = race
        assert first["image"]
        known = {price["runner_id"] for price in first["runners"]}
        for update in rest:
            stated = [price["runner_id"] for price in update["runners"]]
            assert len(stated) == len(set(stated)) > 0
            known = set(stated) if update["image"] else known
            assert set(stated) <= known


def test_a_scratch_is_told_once_betting_is_suspended(day: list[Named]) -> None:
    stages: dict[str, str] = {}
    for name, event in day:
        if name == "RaceStatus":
            stages[event["race_id"]] = cast(Any, event)["status"]
        assert name != "Scratch" or stages[event["race_id"]] == "SUSPENDED"


def test_tote_pools_are_stated_whole_and_only_in_america(day: list[Named]) -> None:
    updates = list(odds(day, "TOTE"))
    assert all(update["image"] for update in updates)
    assert {update["race_id"][:3] for update in updates} == {"BEL", "SAR"}


def test_no_pool_prices_a_runner_that_is_out(day: list[Named]) -> None:
    out: set[tuple[str, str]] = set()
    for name, event in day:
        record = cast(Any, event)
        if name == "Scratch":
            key = record["race_id"], record["runner_id"]
            (out.add if record["action"] == "SCRATCHED" else out.discard)(key)
        elif name == "OddsUpdate":
            assert not out & {(record["race_id"], price["runner_id"]) for price in record["runners"]}
    assert out


def test_coupled_runners_have_one_price_in_the_pool(day: list[Named]) -> None:
    cards = {card["race_id"]: card for card in records(day, "RaceCard")}
    coupled = {
        race_id: [e["runner_id"] for e in card["entries"] if e["betting_interest"] == "1"]
        for race_id, card in cards.items()
        if any(e["program_number"] == "1A" for e in card["entries"])
    }
    assert len(coupled) > 5
    for update in odds(day, "TOTE"):
        prices = {price["runner_id"]: price["last"] for price in update["runners"]}
        if update["race_id"] in coupled:
            assert len({prices[runner_id] for runner_id in coupled[update["race_id"]]}) == 1


def test_favourites_win_more_often_than_longshots(folded: dict[str, Race]) -> None:
    won, ran = Counter[str](), Counter[str]()
    for race in folded.values():
        prices = race.state.books[f"simulator|sim-{race.state.race_id}-win"].starting_prices
        for runner_id, price in prices.items():
            kind = "favourite" if price == min(prices.values()) else "longshot" if price > 20.0 else "other"
            ran[kind] += 1
            won[kind] += runner_id in race.view.winners
    assert 0.25 < won["favourite"] / ran["favourite"] < 0.42
    assert won["longshot"] / ran["longshot"] < 0.05 < won["other"] / ran["other"] < 0.2


def test_over_300_races_everything_that_can_happen_does(day: list[Named], folded: dict[str, Race]) -> None:
    scratches = Counter(scratch["action"] for scratch in records(day, "Scratch"))
    assert scratches["SCRATCHED"] > 80
    assert scratches["REINSTATED"] > 5
    stages = Counter(status["status"] for status in records(day, "RaceStatus"))
    assert stages["ABANDONED"] > 0
    official = [result for result in records(day, "Result") if result["state"] == "OFFICIAL"]
    assert any(f["disqualified"] for result in official for f in result["finishers"])
    assert any(len(race.view.winners) > 1 for race in folded.values())
    cards = Counter(card["race_id"] for card in records(day, "RaceCard"))
    assert Counter(cards.values())[2] > 5, "also-eligibles that drew in"
    goings = Counter(said["race_id"] for said in records(day, "Conditions"))
    assert Counter(goings.values())[2] > 10
    offs = {race_id: race.view for race_id, race in folded.items() if race.view.off_time}
    moved = [v for v in offs.values() if v.scheduled_off != v.card["scheduled_off"]]
    assert len(moved) > 10
    assert all((v.off_time or 0) >= (v.scheduled_off or 0) for v in offs.values())


def test_the_first_minute_of_a_demo_shows_a_scratch_before_the_off_and_an_official_result(
    first_minute: list[Named],
) -> None:
    scratch = records(first_minute, "Scratch")[0]
    off = next(s for s in records(first_minute, "RaceStatus") if s["status"] == "OFF")
    results = records(first_minute, "Result")
    assert scratch["race_id"] == off["race_id"]
    assert seconds(scratch) == 12.3
    assert 30.0 <= seconds(off) <= 32.0
    assert [result["state"] for result in results] == ["UNOFFICIAL", "OFFICIAL"]
    assert seconds(results[0]) < 45.0 < seconds(results[1]) < 55.0


@pytest.mark.parametrize("seed", range(12))
def test_the_first_minute_of_every_demo_keeps_its_promises(seed: int) -> None:
    named = list(takewhile(lambda named: seconds(named[1]) <= 60.0, events(demo(seed, START))))
    opened = [card for card in records(named, "RaceCard") if seconds(card) == 0.0]
    assert len(opened) == 5
    assert records(named, "Scratch")
    assert records(named, "Result")[-1]["state"] == "OFFICIAL"
    assert 8.0 < sum(name == "OddsUpdate" for name, _ in named) / 60.0 < 30.0


def test_in_the_first_minute_odds_move_visibly(first_minute: list[Named]) -> None:
    seen: dict[tuple[str, str], list[float]] = defaultdict(list)
    for update in odds(first_minute, "EXCHANGE"):
        for price in update["runners"]:
            seen[update["race_id"], price["runner_id"]].append(price["back"] or np.nan)
    moved = [np.nanmax(prices) / np.nanmin(prices) > 1.05 for prices in seen.values()]
    assert sum(moved) > 0.5 * len(moved)


def test_a_race_opens_only_when_its_time_has_come() -> None:
    stream = events(demo(5, START))
    known: set[str] = set()
    over: set[str] = set()
    most = 0
    for _, event in islice(stream, 30_000):
        record = cast(Any, event)
        known.add(record["race_id"])
        if record.get("state") == "OFFICIAL":
            over.add(record["race_id"])
        most = max(most, len(known - over - {""}))
    assert len(over) > 15
    assert most <= 7


def test_a_real_day_is_quiet_hours_before_and_busy_at_the_off() -> None:
    named = list(events(replace(real(2, START), races=1)))
    status = next(s for s in records(named, "RaceStatus") if s["status"] == "OFF")
    before = [(status["off_time"] - update["event_time"]) / MICROS for update in odds(named, "EXCHANGE")]
    assert sum(left < 60.0 for left in before) > 10 * sum(3_600.0 <= left < 3_660.0 for left in before)
    assert max(before) > 14_000.0


def test_a_runner_nobody_has_bet_on_has_no_last_price_and_favourites_are_bet_on_first() -> None:
    image = next(odds(list(islice(events(real(2, START)), 40)), "EXCHANGE"))
    bet = [price["back"] for price in image["runners"] if price["last"]]
    unbet = [price["back"] for price in image["runners"] if not price["last"]]
    assert all(price["traded"] == 0.0 for price in image["runners"] if not price["last"])
    assert np.mean(bet) < np.mean(unbet)


def test_a_thousand_races_can_be_open_at_once_and_hardly_a_horse_is_in_two_of_them() -> None:
    named = list(islice(events(crowd(demo(2, START), 1000)), 8_000))
    cards = records(named, "RaceCard")
    assert 1000 <= len(cards) < 1010
    horses = Counter(entry["horse_id"] for card in cards for entry in card["entries"])
    assert sum(count > 1 for count in horses.values()) < 0.01 * len(horses)
    assert len({update["race_id"] for update in odds(named, "EXCHANGE")}) >= 1000


def test_rider_and_equipment_changes_are_new_cards(day: list[Named]) -> None:
    cards: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for card in records(day, "RaceCard"):
        cards[card["race_id"]].append(card)
    changed = Counter(
        key
        for said in cards.values()
        for before, after in pairwise(said)
        for old, new in zip(before["entries"], after["entries"], strict=True)
        for key in ("jockey_name", "equipment", "also_eligible")
        if old[key] != new[key]
    )
    assert changed["jockey_name"] > 15
    assert changed["equipment"] > 8
    assert changed["also_eligible"] > 2
