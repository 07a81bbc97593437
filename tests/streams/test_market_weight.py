"""What the market counts by minutes to the off: told by official races, learnt by form, read by races."""

from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from msgspec import json

from models.market_weight import Taught
from models.registry import Registry, shipped
from models.trial import Trial
from schemas.identity import MICROS
from schemas.records import Event, MarketLesson, RaceForm
from streams import engine
from streams.form import FormState, fold
from streams.form_snapshot import pack, unpack
from streams.lines import line_of_statement
from streams.market_weight import COLUMNS, country_of, feature_set_of
from streams.race import Race
from streams.replay import Races, located, replay
from streams.scoring import default_scorer
from streams.state import RaceState, dump, load
from tests.models.test_market_weight import races as noisy_races
from tests.streams.events import (
    OFF,
    RACE,
    card,
    entry,
    form,
    header,
    odds,
    pinned,
    price,
    result,
    scratch,
    status,
)
from tests.streams.test_beliefs import BEST, PRICES, VERSION, field, opened, predicted
from tests.streams.test_form import FIELD, asked

Named = tuple[str, Event]
OFFICIAL: Named = ("Result", result({"1": 2, "2": 1, "3": 3, "4": 4}, 2000))
MODEL = "guide=guide-1"
LATER: Named = ("OddsUpdate", odds([price("1", 2.8)], 1700))


def lessons(tmp_path: Path, *events: Named) -> list[MarketLesson]:
    return engine.run(located(events), Races(), default_scorer(Registry(tmp_path))).lessons


class TestTheRaceWorker:
    def test_tells_what_was_said_at_moments_before_the_off_and_who_won(self, tmp_path: Path) -> None:
        events = [*opened(BEST), PRICES, LATER]
        early, late = predicted(tmp_path, *events)[-2:]
        (told,) = lessons(tmp_path, *events, OFFICIAL)
        assert (told["race_id"], told["model"]) == (RACE, f"guide={VERSION}")
        assert (told["runner_ids"], told["won"]) == (["1", "2", "3", "4"], [0.0, 1.0, 0.0, 0.0])
        assert [moment["minutes"] for moment in told["moments"]] == [29.0, 1.0]
        for moment, prediction in zip(told["moments"], (early, late), strict=True):
            assert moment["public"] == [r["public_probability"] for r in prediction["runners"]]
        assert len({tuple(moment["form"]) for moment in told["moments"]}) == 1

    def test_once_whatever_follows_the_official_result(self, tmp_path: Path) -> None:
        again: Named = ("Result", result({"1": 1, "2": 2, "3": 3, "4": 4}, 2100))
        assert len(lessons(tmp_path, *opened(BEST), PRICES, OFFICIAL, again)) == 1

    def test_what_is_said_after_the_off_is_no_moment(self, tmp_path: Path) -> None:
        over: list[Named] = [
            ("RaceStatus", status("IN_PLAY", 1810)),
            ("OddsUpdate", odds([price("1", 1.1)], 1850)),
        ]
        (told,) = lessons(tmp_path, *opened(BEST), PRICES, *over, OFFICIAL)
        assert [moment["minutes"] for moment in told["moments"]] == [29.0]

    def test_who_was_scratched_later_is_left_out_of_earlier_moments(self, tmp_path: Path) -> None:
        (told,) = lessons(tmp_path, *opened(BEST), PRICES, ("Scratch", scratch("1", 1750)), OFFICIAL)
        assert told["runner_ids"] == ["2", "3", "4"]
        assert {len(moment["public"]) for moment in told["moments"]} == {3}
        assert sum(told["moments"][0]["public"]) < 0.9

    def test_without_prices_form_or_a_winner_there_is_no_lesson(self, tmp_path: Path) -> None:
        nobody: Named = ("Result", result({"1": None, "2": None}, 2000))
        assert lessons(tmp_path, *opened(BEST), OFFICIAL) == []
        assert lessons(tmp_path, *opened(BEST)[:1], PRICES, OFFICIAL) == []
        assert lessons(tmp_path, *opened(BEST), PRICES, nobody) == []

    def test_coupled_runners_teach_nothing(self, tmp_path: Path) -> None:
        interests = {"1": "1", "2": "1", "3": "3", "4": "4"}
        coupled = [entry(id, horse_id=f"h{id}", betting_interest=of) for id, of in interests.items()]
        tote = odds([price(id, 3.0) for id in ("1", "3", "4")], 10, pool="TOTE")
        card_of: Named = ("RaceCard", card(coupled, surface="DIRT"))
        assert lessons(tmp_path, card_of, *opened(BEST)[1:], ("OddsUpdate", tote), OFFICIAL) == []

    def test_a_model_promoted_in_between_is_the_only_one_that_is_told_of(self, tmp_path: Path) -> None:
        raw = json.decode(shipped().data)
        version = Registry(tmp_path).add(
            json.encode({**raw, "residual": [-each for each in raw["residual"]]})
        )
        promoted: Named = ("ModelPinned", pinned(version, 1650, sequence=9))
        (told,) = lessons(tmp_path, *opened(BEST), PRICES, promoted, LATER, OFFICIAL)
        assert told["model"] == f"guide={version}"
        assert [moment["minutes"] for moment in told["moments"]] == [2.0, 1.0]

    def test_a_race_stored_and_loaded_between_tells_the_same(self, tmp_path: Path) -> None:
        events = [*opened(BEST), PRICES, LATER, OFFICIAL]
        whole, races, scorer = lessons(tmp_path, *events), Races(), default_scorer(Registry(tmp_path))
        stream = list(located(events))
        engine.run(stream[:-1], races, scorer)
        for race in races.values():
            race.state = load(dump(race.state))
        assert engine.run(stream[-1:], races, scorer).lessons == whole


def told(number: int, made: MarketLesson, track: str = "BEL", model: str = MODEL) -> Named:
    race_id = f"{track}-20230714-{number:02d}"
    return "MarketLesson", cast(
        Event, {**header("lesson", 60 + number // 3, "hpr", race_id), **made, "model": model}
    )


def learnt(*, track: str = "BEL", count: int = 400) -> tuple[FormState, list[RaceForm]]:
    """A form worker with an open race at Belmont after so many lessons, and what it was told of them."""
    state = FormState()
    events = [("RaceCard", card(FIELD, 50)), asked(50)]
    events += [told(n, each, track) for n, each in enumerate(islice(noisy_races(1, 1.0), count))]
    answers = [answer for name, event in events for answer in fold(state, name, event)]
    return state, [answer for answer in answers if answer["feature_set"] == feature_set_of(MODEL)]


class TestTheFormWorker:
    def test_tells_open_races_what_prices_count_once_that_is_shown_to_help(self) -> None:
        state, forms = learnt()
        first, last = forms[0], forms[-1]
        assert cast(float, first["runners"][0]["values"][COLUMNS.index("races")]) > 20.0
        values = dict(zip(COLUMNS, last["runners"][0]["values"], strict=True))
        assert -0.7 < cast(float, values["market earlier"]) < -0.2
        assert values == dict(zip(COLUMNS, last["runners"][-1]["values"], strict=True))
        assert state.countries["US"][MODEL].races == 400
        race = Race(RaceState(RACE))
        assert all(race.fold("RaceForm", form) for form in forms), "each is later than the one before"

    def test_tells_a_race_that_is_asked_for_later_too(self) -> None:
        state, _ = learnt()
        race_id = "SAR-20230716-01"
        events = [("RaceCard", card(FIELD, 90, race_id=race_id, track_code="SAR")), asked(90, race_id)]
        sets = [answer["feature_set"] for name, event in events for answer in fold(state, name, event)]
        assert feature_set_of(MODEL) in sets

    def test_tells_nothing_before_and_nothing_of_another_country(self) -> None:
        assert learnt(count=10)[1] == []
        assert learnt(track="HVHK")[1] == []

    def test_a_race_teaches_once_however_often_it_is_told(self) -> None:
        state = FormState()
        (made,) = islice(noisy_races(1, 1.0), 1)
        for _ in range(3):
            fold(state, *told(1, made))
        assert state.countries["US"][MODEL].races == 1

    def test_goes_on_from_its_snapshot_as_if_it_had_never_stopped(self) -> None:
        state, _ = learnt(count=300)
        again, _ = unpack(pack(state, {}))
        rest = [told(n, each) for n, each in enumerate(islice(noisy_races(1, 1.0), 400))]
        answers = [fold(state, *each) for each in rest]
        assert any(answers)
        assert [fold(again, *each) for each in rest] == answers
        assert again.countries == state.countries

    def test_says_that_nothing_moves_any_more_where_it_is_found_worse(self) -> None:
        state, _ = learnt()
        good = state.countries["US"][MODEL]
        against = (-4.0 * np.array(good.weighted)).tolist()
        state.countries["US"][MODEL] = Taught(400, good.information, against, Trial(), True, 1)
        rest = [told(400 + n, each) for n, each in enumerate(islice(noisy_races(3, 1.0), 60))]
        *_, last = [form for each in rest for form in fold(state, *each)]
        assert last["runners"][0]["values"][:4] == [0.0] * 4

    def test_models_have_their_own_and_the_last_ones_are_kept(self) -> None:
        state = FormState()
        for number, made in enumerate(islice(noisy_races(1, 1.0), 8)):
            fold(state, *told(number, made, model=f"guide=guide-{number // 2}"))
        kept = {model: taught.races for model, taught in state.countries["US"].items()}
        assert kept == {"guide=guide-1": 2, "guide=guide-2": 2, "guide=guide-3": 2}


def test_races_of_a_country_teach_each_other() -> None:
    assert [country_of(code) for code in ("BEL", "SAR", "GBASCOTSOUTH")] == ["US", "US", "GB"]


def weighed(terms: tuple[float, float, float, float], seconds: float) -> Named:
    rows: dict[str, list[float | None]] = {id: [*terms, 300.0] for id in BEST}
    return "RaceForm", form(
        rows, seconds, feature_set=feature_set_of(f"guide={VERSION}"), columns=list(COLUMNS)
    )


class TestTheRace:
    def test_moves_early_chances_as_it_was_told_and_says_so(self, tmp_path: Path) -> None:
        before, after = predicted(tmp_path, *opened(BEST), PRICES, weighed((0.0, -0.6, 0.0, 0.0), 20))[-2:]
        was, now = ([cast(float, r["win_probability"]) for r in each["runners"]] for each in (before, after))
        assert max(now) - min(now) < max(was) - min(was)
        assert sum(now) == pytest.approx(1.0, abs=1e-9)
        assert [r["public_probability"] for r in after["runners"]] == [
            r["public_probability"] for r in before["runners"]
        ]
        assert after["why"][0]["text"].startswith(
            "earlier races here: an hour before the off prices count 0.49"
        )

    def test_less_as_the_off_comes_nearer_and_not_at_all_at_it(self, tmp_path: Path) -> None:
        gaps = []
        for seconds in (20, 1500, 1799):
            quoted: Named = ("OddsUpdate", odds([price("1", 3.0)], seconds))
            told_off = [*opened(BEST), PRICES, weighed((0.0, -0.6, 0.0, 0.5), 15), quoted]
            now, plain = (
                [cast(float, r["win_probability"]) for r in predicted(tmp_path, *events)[-1]["runners"]]
                for events in (told_off, [*opened(BEST), PRICES, quoted])
            )
            gaps.append(max(abs(one - other) for one, other in zip(now, plain, strict=True)))
        assert gaps[0] > gaps[1] > gaps[2] == pytest.approx(0.0, abs=1e-12)

    def test_form_alone_is_not_moved(self, tmp_path: Path) -> None:
        last = predicted(tmp_path, *opened(BEST), weighed((0.0, -0.6, 0.0, 0.5), 20))[-1]
        assert [r["win_probability"] for r in last["runners"]] == [
            r["fundamental_probability"] for r in last["runners"]
        ]

    def test_columns_it_does_not_know_move_nothing(self, tmp_path: Path) -> None:
        rows: dict[str, list[float | None]] = {id: [0.5] for id in BEST}
        strange = form(rows, 20, feature_set=feature_set_of(f"guide={VERSION}"), columns=["other"])
        events: list[Named] = [*opened(BEST), PRICES]
        before, after = (
            [r["win_probability"] for r in predicted(tmp_path, *each)[-1]["runners"]]
            for each in (events, [*events, ("RaceForm", strange)])
        )
        assert before == after

    def test_another_model_s_weights_do_not_move_it(self, tmp_path: Path) -> None:
        name, other = weighed((0.0, -0.6, 0.0, 0.0), 20)
        strange = cast(Event, {**other, "feature_set": feature_set_of("guide=guide-0")})
        before, after = (
            [r["win_probability"] for r in predicted(tmp_path, *each)[-1]["runners"]]
            for each in ([*opened(BEST), PRICES], [*opened(BEST), PRICES, (name, strange)])
        )
        assert before == after

    def test_says_so_once_and_again_when_it_is_withdrawn(self, tmp_path: Path) -> None:
        moved, same, none = (weighed((0.0, at, 0.0, 0.0), s) for at, s in ((-0.6, 20), (-0.6, 40), (0.0, 60)))
        quotes: list[Named] = [("OddsUpdate", odds([price("1", 2.8 + s / 50)], s)) for s in (30, 50, 70)]
        events = [*opened(BEST), PRICES, moved, quotes[0], same, quotes[1], none, quotes[2]]
        said = [why["text"] for each in predicted(tmp_path, *events) for why in each["why"]]
        assert [text for text in said if text.startswith("earlier races here")] == [
            "earlier races here: an hour before the off prices count 0.49 and form 1.00 "
            "times what the model was fitted with",
            "earlier races here: prices and form count again what the model was fitted with",
        ]

    @pytest.mark.parametrize("size", [1, 7, 1000])
    def test_replayed_in_runs_of_any_size_it_says_the_same_bytes(self, tmp_path: Path, size: int) -> None:
        other = [odds([price("1", 1.2)], 40 + 170 * n, market_id="p", market_type="PLACE") for n in range(9)]
        quotes: list[Named] = [("OddsUpdate", odds([price("1", 3.0)], 30 + 60 * n)) for n in range(20)]
        events = [*opened(BEST), PRICES, weighed((0.05, -0.4, 0.1, 0.5), 20), *quotes]
        events = sorted([*events, *(("OddsUpdate", each) for each in other)], key=_when)
        scorer = default_scorer(Registry(tmp_path))
        whole = engine.run(located([*events, OFFICIAL]), Races(), scorer)
        lines: list[Any] = [line_of_statement(statement) for statement in whole.statements]
        assert [published.line for published in replay([*events, OFFICIAL], size, scorer)] == lines
        races, stream, found = Races(), list(located([*events, OFFICIAL])), []
        for start in range(0, len(stream), size):
            found += engine.run(stream[start : start + size], races, scorer).lessons
        assert found == whole.lessons != []

    def test_a_moment_that_was_no_longer_near_once_the_off_was_put_back_is_forgotten(
        self, tmp_path: Path
    ) -> None:
        later = card(field(4), 1795, surface="DIRT", scheduled_off=OFF + 1200 * MICROS)
        quotes: list[Named] = [("OddsUpdate", odds([price("1", 3.0 + s / 900)], s)) for s in (1790, 1800)]
        events = [*opened(BEST), PRICES, quotes[0], ("RaceCard", later), quotes[1], OFFICIAL]
        (told,) = lessons(tmp_path, *events)
        assert [moment["minutes"] for moment in told["moments"]] == [20.0]


def _when(named: Named) -> int:
    return named[1]["recorded_time"]


def test_the_lessons_of_a_world_are_all_learnt() -> None:
    whole = reduce(Taught.after, islice(noisy_races(1, 1.0), 60), Taught())
    assert learnt(count=60)[0].countries["US"] == {MODEL: whole}
