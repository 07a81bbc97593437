"""The form fold: asked and answered, learnt when official, the same again from a snapshot."""

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, cast

import pytest
from msgspec import msgpack

from feeds import simulator
from schemas.defaults import defaults
from schemas.errors import StateError
from schemas.identity import MICROS, uuid_of
from schemas.records import Event, PastPerformance, RaceForm
from streams.form import FormState, fold
from streams.form_snapshot import FORMAT, HASH_BYTES, pack, unpack, write
from streams.race import Race
from streams.requests import request
from streams.state import RaceState
from tests.streams.events import OFF, RACE, card, entry, header, result

Named = tuple[str, Event]
FIELD = [entry(name, horse_id=f"horse-{name}", jockey_name=f"Rider {name}") for name in "123"]


def run_of(horse: str, day: str, seconds: float, **fields: Any) -> Named:
    own = {
        **defaults(PastPerformance), **header(f"run:{horse}:{day}", seconds), "race_id": "",
        "horse_id": horse, "race_date": day, "number_of_runners": 10, "finish_position": 1,
        "starting_price": 4.0,
    }  # fmt: skip
    return "PastPerformance", cast(Event, {**own, **fields})


def asked(seconds: float, race_id: str = RACE) -> Named:
    race = Race(RaceState(race_id))
    made = card(FIELD, seconds, race_id=race_id)
    race.fold("RaceCard", made)
    race.state.revision = round(seconds * 10) + 1
    return "FormRequest", cast(Event, request(race, made))


def folded(*events: Named, state: FormState | None = None) -> list[RaceForm]:
    state = state or FormState()
    return [answer for name, event in events for answer in fold(state, name, event)]


def value(form: RaceForm, runner: int, column: str) -> float | None:
    return form["runners"][runner]["values"][form["columns"].index(column)]


class TestAnswers:
    def test_a_request_is_answered_from_what_was_told_before(self) -> None:
        (form,) = folded(run_of("horse-1", "2023-07-01", 0), ("RaceCard", card(FIELD, 1)), asked(1))
        assert (form["race_id"], form["feature_set"]) == (RACE, "guide-1")
        assert [runner["runs"] for runner in form["runners"]] == [1, 0, 0]
        assert form["runners"][0]["lines"][0]["finish_position"] == 1
        assert form["runners"][1]["annotations"][0]["kind"] == "DEBUT"

    def test_a_request_before_its_card_is_answered_when_the_card_comes(self) -> None:
        state = FormState()
        assert not folded(asked(1), state=state)
        assert len(folded(("RaceCard", card(FIELD, 1)), state=state)) == 1

    def test_a_run_told_later_is_answered_again_and_a_known_one_is_not(self) -> None:
        state, late = FormState(), run_of("horse-2", "2023-07-02", 5)
        folded(("RaceCard", card(FIELD, 1)), asked(1), state=state)
        (again,) = folded(late, state=state)
        assert again["runners"][1]["runs"] == 1
        assert not folded(late, state=state)
        assert not folded(run_of("another", "2023-07-02", 6), state=state)

    def test_what_happened_on_the_day_or_later_is_not_told_of_the_race(self) -> None:
        same_day, later = run_of("horse-1", "2023-07-15", 0), run_of("horse-1", "2023-08-01", 0)
        (form,) = folded(same_day, later, ("RaceCard", card(FIELD, 1)), asked(1))
        assert form["runners"][0]["runs"] == 0

    def test_ids_follow_from_what_was_learnt(self) -> None:
        events = [run_of("horse-1", "2023-07-01", 0), ("RaceCard", card(FIELD, 1)), asked(1)]
        one, other = folded(*events), folded(*events)
        assert one == other
        more = folded(run_of("horse-9", "2023-07-01", 0), *events)
        assert more[0]["event_id"] != one[0]["event_id"]


class TestLearning:
    def test_only_an_official_result_teaches(self) -> None:
        tomorrow = "BEL-20230716-01"
        later = card(
            FIELD, 90_000, race_id=tomorrow, race_date="2023-07-16", scheduled_off=OFF + 86_400 * MICROS
        )
        first: list[Named] = [("RaceCard", card(FIELD, 1)), ("RaceCard", later), asked(90_000, tomorrow)]
        state = FormState()
        folded(*first, state=state)
        finish: dict[str, int | None] = {"1": 1, "2": 2, "3": 3}
        assert not folded(("Result", result(finish, 4_000, "UNOFFICIAL")), state=state)
        forms = folded(("Result", result(finish, 4_100)), state=state)
        assert {form["feature_set"] for form in forms} == {"guide-1", "form-book-2"}
        assert all(form["race_id"] == tomorrow and form["races_learnt"] == 1 for form in forms)
        assert [runner["runs"] for runner in forms[0]["runners"]] == [1, 1, 1]

    def test_what_is_told_of_a_run_the_next_day_is_read_in_the_next_answer(self) -> None:
        tomorrow = "BEL-20230716-01"
        off = OFF + 86_400 * MICROS
        later = card(FIELD, 90_000, race_id=tomorrow, race_date="2023-07-16", scheduled_off=off)
        state = FormState()
        folded(("RaceCard", card(FIELD, 1)), ("Result", result({"1": 1, "2": 2, "3": 3}, 4_000)), state=state)
        first = folded(("RaceCard", later), asked(90_000, tomorrow), state=state)[0]
        told = run_of("horse-2", "2023-07-15", 91_000, comments="checked, no room", finish_position=2)
        again = folded(told, state=state)[0]
        assert [note["kind"] for note in first["runners"][1]["annotations"]].count("TRIP") == 0
        texts = [note["text"] for note in again["runners"][1]["annotations"]]
        assert "Had trouble last time: checked, no room." in texts
        assert again["runners"][1]["values"] == first["runners"][1]["values"]
        assert not folded(told, state=state)

    def test_whom_the_day_favoured_is_noted_with_each_official_result(self) -> None:
        entries = [entry(str(n), horse_id=f"h{n}", post_position=n) for n in range(1, 7)]
        finish = result({str(n): n for n in range(1, 7)}, 4_000)
        finish["finishers"] = [{**each, "starting_price": 6.0} for each in finish["finishers"]]
        state = FormState()
        folded(("RaceCard", card(entries, 1, surface="DIRT")), ("Result", finish), state=state)
        (lean,) = state.guide.leans["BEL|DIRT"]
        assert lean.day == date(2023, 7, 15).toordinal()
        assert lean.draw < 0.0 < lean.draw_doubt
        assert unpack(pack(state, {}))[0].guide.leans == state.guide.leans

    def test_a_race_learnt_is_not_learnt_again_when_it_is_fed_again(self) -> None:
        race: list[Named] = [("RaceCard", card(FIELD, 1)), ("Result", result({"1": 1, "2": 2}, 9))]
        state = FormState()
        folded(*race, state=state)
        digest = state.digest
        folded(*race, asked(1), state=state)
        assert (state.digest, len(state.learnt), state.open) == (digest, 1, {})

    def test_what_people_did_together_is_told_from_official_results_alone(self) -> None:
        names = ("1", "2", "3")
        field = [
            entry(name, horse_id=f"h{name}", jockey_name=f"Rider {name}", trainer_name=f"Trainer {name}")
            for name in names
        ]
        for state, told in (("OFFICIAL", True), ("UNOFFICIAL", False)):
            form = FormState()
            events: list[Named] = [("RaceCard", card(field, 40 * 86_400)), asked(40 * 86_400)]
            for n in range(30):
                folded(*won_by_the_first(field, n, state), state=form)
            answers = folded(*events, state=form)
            notes = [note["text"] for note in answers[0]["runners"][0]["annotations"]]
            pair = [text for text in notes if text.startswith("Rider 1 for Trainer 1: 30 wins of 30")]
            assert bool(pair) == told
            again, _ = unpack(pack(form, {}))
            assert again.guide == form.guide


def won_by_the_first(field: list[Any], day: int, state: str) -> list[Named]:
    """A race of an earlier day, its runners all at the same odds."""
    race_id, seconds = f"BEL-202306{day + 1:02d}-01", day * 86_400.0
    finish = result({"1": 1, "2": 2, "3": 3}, seconds + 9, state, race_id=race_id)
    for finisher in finish["finishers"]:
        finisher["starting_price"] = 2.5
    dated = card(field, seconds, race_id=race_id, race_date=f"2023-06-{day + 1:02d}")
    return [("RaceCard", dated), ("Result", finish)]


@pytest.fixture(scope="module")
def day() -> list[Named]:
    """Races of a simulated day with their form, and what the race worker asks of them."""
    short = replace(simulator.demo(5, datetime(2026, 3, 1, 12, tzinfo=UTC)), races=3)
    told: list[Named] = []
    races: dict[str, Race] = {}
    for name, event in simulator.events(short, form=True):
        if name in ("FeedStatus", "OddsUpdate", "RaceStatus"):
            continue
        told.append((name, event))
        if name in ("RaceCard", "Conditions"):
            race = races.setdefault(event["race_id"], Race(RaceState(event["race_id"])))
            race.fold(name, event)
            told.append(("FormRequest", request(race, event)))
    return told


def sealed(body: dict[str, Any]) -> bytes:
    data = msgpack.encode(body)
    return sha256(data).digest() + data


class TestSnapshot:
    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    def test_stopped_anywhere_it_goes_on_with_the_same_ids_and_values(
        self, day: list[Named], share: float
    ) -> None:
        whole, first = FormState(), FormState()
        cut = int(len(day) * share)
        answers = folded(*day, state=whole)
        before = folded(*day[:cut], state=first)
        resumed, offsets = unpack(pack(first, {"t:0": cut}))
        assert offsets == {"t:0": cut}
        assert before + folded(*day[cut:], state=resumed) == answers
        assert pack(resumed, {}) == pack(whole, {})

    def test_damaged_bytes_are_told_apart(self) -> None:
        data = pack(FormState(), {})
        with pytest.raises(StateError, match="not whole"):
            unpack(data[:-1])

    def test_one_of_an_earlier_release_is_refused_so_that_all_is_learnt_again(self) -> None:
        body = msgpack.decode(pack(FormState(), {})[HASH_BYTES:])
        body["format"] = FORMAT - 1
        body["meetings"] = {"BEL|DIRT": {"lessons": [{"places": [[0.1, 0.0]], "surprise": [0.2]}]}}
        with pytest.raises(StateError, match="of another release"):
            unpack(sealed(body))
        body["meetings"] = {}
        with pytest.raises(StateError, match=f"has format {FORMAT - 1}, not {FORMAT}"):
            unpack(sealed(body))

    def test_one_from_before_people_and_relatives_were_counted_is_refused(self) -> None:
        body = msgpack.decode(pack(FormState(), {})[HASH_BYTES:])
        for later in ("together", "relatives", "counted", "next_fit", "families"):
            del body["guide"][later]
        body["format"] = 2
        with pytest.raises(StateError, match="has format 2, not 3"):
            unpack(sealed(body))

    def test_the_file_is_replaced_as_a_whole(self, tmp_path: Any) -> None:
        file = tmp_path / "deep" / "snapshot"
        write(file, b"one")
        write(file, b"two")
        assert file.read_bytes() == b"two"
        assert [path.name for path in file.parent.iterdir()] == ["snapshot"]


def test_every_runner_of_a_simulated_card_has_form(day: list[Named]) -> None:
    forms = folded(*day)
    assert len(forms) >= 3
    runners = [runner for form in forms for runner in form["runners"]]
    assert sum(runner["runs"] > 0 for runner in runners) > 0.8 * len(runners)
    assert all(len(runner["values"]) == len(form["columns"]) for form in forms for runner in form["runners"])
    assert {uuid_of("x")} != {form["event_id"] for form in forms}
