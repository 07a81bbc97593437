"""Form at a scoring point: probabilities stay probabilities, and what is missing is said."""

from math import exp, isfinite
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.belief import FormModel
from models.form import book
from models.form.facts import facts_of
from models.form.features import features
from models.guide.values import COLUMN, COLUMNS
from models.places import finish_within
from models.registry import Registry, shipped
from models.trained import FEATURE_SET, TrainedModel
from schemas.errors import LibraryError
from schemas.records import Event, Prediction
from streams import engine
from streams.beliefs import UNKNOWN_FORM
from streams.replay import Races, located
from streams.scoring import Scorer, default_scorer
from streams.statements import prediction
from tests.models.trained_world import written
from tests.streams.events import card, entry, form, going, odds, pinned, price, scratch, status

Named = tuple[str, Event]
VERSION = shipped().version
KNOWN = {"runs": 4.0, "backed": 0.0, "rating": 0.0, "figure": 0.0, "rating_on_dry": 0.0, "rating_on_wet": 0.0}


def values(**known: float) -> list[float | None]:
    """A row of guide values: a horse with four runs unless said."""
    row: list[float | None] = [None] * len(COLUMNS)
    for name, value in {**KNOWN, **known}.items():
        row[COLUMN[name.replace("_", " ")]] = value
    return row


NO_FORM: list[float | None] = [0.0 if name == "runs" else None for name in COLUMNS]


def field(runners: int) -> list[Any]:
    return [entry(str(n + 1), horse_id=f"h{n + 1}", post_position=n + 1) for n in range(runners)]


def predicted(tmp_path: Any, *events: Named, scorer: Scorer | None = None) -> list[Prediction]:
    scorer = scorer or default_scorer(Registry(tmp_path))
    return [prediction(s) for s in engine.run(located(events), Races(), scorer).statements]


def opened(forms: dict[str, list[float | None]], runners: int = 4, version: str = VERSION) -> list[Named]:
    return [
        ("RaceCard", card(field(runners), surface="DIRT")),
        ("ModelPinned", pinned(version, 1)),
        ("RaceForm", form(forms, 2)),
    ]


BEST: dict[str, list[float | None]] = {
    "1": values(backed=1.0, rating=1.0, forward=0.0), "2": values(forward=0.3),
    "3": values(backed=-0.5, forward=0.6), "4": values(backed=-1.0, rating=-1.0, forward=0.9),
}  # fmt: skip
PRICES: Named = (
    "OddsUpdate",
    odds([price(str(n), p) for n, p in ((1, 3.0), (2, 3.5), (3, 4.0), (4, 6.0))], 10),
)


class TestProbabilities:
    def test_before_the_first_price_form_speaks_alone(self, tmp_path: Any) -> None:
        last = predicted(tmp_path, *opened(BEST))[-1]
        assert last["basis"] == "MARKET_AND_FORM"
        assert [r["win_probability"] for r in last["runners"]] == [
            r["fundamental_probability"] for r in last["runners"]
        ]
        assert last["runners"][0]["win_probability"] == max(
            r["win_probability"] or 0 for r in last["runners"]
        )
        assert last["model_versions"]["guide"] == VERSION

    def test_every_runner_has_all_three_probabilities_and_each_sums_to_one(self, tmp_path: Any) -> None:
        last = predicted(tmp_path, *opened(BEST), PRICES)[-1]
        for kind in (
            "fundamental_probability",
            "public_probability",
            "combined_probability",
            "win_probability",
        ):
            chances: Any = [cast(Any, r)[kind] for r in last["runners"]]
            assert sum(chances) == pytest.approx(1.0, abs=1e-9)
        assert sum(r["place_probability"] or 0 for r in last["runners"]) == pytest.approx(1.0, abs=1e-9)

    def test_a_runner_without_form_keeps_the_public_s_chance(self, tmp_path: Any) -> None:
        forms = {**BEST, "2": NO_FORM}
        runner = predicted(tmp_path, *opened(forms), PRICES)[-1]["runners"][1]
        assert runner["win_probability"] == pytest.approx(runner["public_probability"], abs=1e-12)

    def test_contributions_sum_to_the_log_odds_above_the_field(self, tmp_path: Any) -> None:
        runners = predicted(tmp_path, *opened(BEST), PRICES)[-1]["runners"]
        sums = [sum(part["value"] for part in r["contributions"]) for r in runners]
        assert sum(sums) == pytest.approx(0.0, abs=1e-9)
        weights = [exp(each) for each in sums]
        assert [w / sum(weights) for w in weights] == pytest.approx(
            [r["fundamental_probability"] for r in runners]
        )

    @settings(max_examples=25, deadline=None)
    @given(
        st.sampled_from([1, 2, 3, 14, 40]),
        st.lists(
            st.sampled_from([None, 0.0, -1e308, 1e308, 3.0, float("nan"), float("inf")]),
            min_size=22,
            max_size=22,
        ),
    )
    def test_whatever_the_values_a_field_of_1_to_40_has_chances(
        self, tmp_path_factory: Any, runners: int, row: list[float | None]
    ) -> None:
        forms = {str(n + 1): row if n % 2 else values(backed=float(n)) for n in range(runners)}
        for told in predicted(tmp_path_factory.getbasetemp(), *opened(forms, runners)):
            chances = [r["win_probability"] for r in told["runners"]]
            assert all(c is not None and isfinite(c) and 0.0 <= c <= 1.0 for c in chances)
            assert sum(c or 0.0 for c in chances) == pytest.approx(1.0, abs=1e-9)


class Elsewhere:
    """A library that is away for as long as it is told to be."""

    def __init__(self, *, away: bool) -> None:
        self.away = away

    def model(self, version: str) -> FormModel:
        if self.away:
            raise LibraryError(f"model {version} cannot be fetched now")
        return shipped()


def shown(last: float, at: float) -> Named:
    """A price of the first runner, the others' as they were."""
    rest = ((2, 3.5), (3, 4.0), (4, 6.0))
    return "OddsUpdate", odds([price("1", last), *(price(str(n), p) for n, p in rest)], at)


class TestAModelThatIsAwayForATime:
    """What is said meanwhile is told apart from what a replay with the model says."""

    EVENTS: ClassVar[list[Named]] = [*opened(BEST), *(shown(3.0 + n / 10, 10.0 + n) for n in range(8))]

    def told(self, library: Elsewhere, size: int, back_at: int | None = None) -> list[Prediction]:
        """Predictions in runs of a size; the library answers again from the event `back_at`.

        Without their lineage, which reaches to the end of the run.
        """
        races, scorer, events = Races(), default_scorer(library), list(located(self.EVENTS))
        found: list[Prediction] = []
        for at in range(0, len(events), size):
            library.away = library.away and at != back_at
            made = [prediction(s) for s in engine.run(events[at : at + size], races, scorer).statements]
            found += [cast(Prediction, {**each, "lineage": []}) for each in made]
        return found

    @pytest.mark.parametrize("size", [1, 7, 1000])
    def test_the_next_price_asks_for_it_again(self, size: int) -> None:
        library, races = Elsewhere(away=True), Races()
        scorer = default_scorer(library)
        events = list(located([*opened(BEST), PRICES]))
        for at in range(0, len(events), size):
            engine.run(events[at : at + size], races, scorer)
        library.away = False
        (first,) = engine.run(located([shown(2.5, 11.0)]), races, scorer).statements
        assert prediction(first)["basis"] == "MARKET_AND_FORM"

    def test_what_is_said_without_it_is_the_same_in_runs_of_any_size(self) -> None:
        alone = self.told(Elsewhere(away=True), 1)
        assert alone == self.told(Elsewhere(away=True), 7) == self.told(Elsewhere(away=True), 1000)
        assert alone[-1]["basis"] == f"the market alone: model {VERSION} cannot be fetched now"

    def test_no_id_of_what_is_said_without_it_is_one_of_a_replay(self) -> None:
        replayed = {each["event_id"]: each for each in self.told(Elsewhere(away=False), 1000)}
        live = self.told(Elsewhere(away=True), 1, back_at=6)
        without = [each for each in live if "cannot be fetched now" in each["basis"]]
        after = [each for each in live if each["revision"] > without[-1]["revision"]]
        assert (len(without), len(after)) == (4, 5)
        for each in without:
            assert "guide" not in each["model_versions"]
            assert each["event_id"] not in replayed
        # The first with the model says what has changed since there was none.
        assert after[1:] == [replayed[each["event_id"]] for each in after[1:]]
        first, same = after[0], replayed[after[0]["event_id"]]
        assert {key for key in first if cast(Any, first)[key] != cast(Any, same)[key]} == {
            "why",
            "changed_from",
        }


class TestWhatIsMissingIsSaid:
    def test_without_form(self, tmp_path: Any) -> None:
        events = [e for e in opened(BEST) if e[0] != "RaceForm"]
        last = predicted(tmp_path, *events, PRICES)[-1]
        assert last["basis"] == "the market alone: form has not been told yet"
        assert last["runners"][0]["combined_probability"] is None

    def test_without_the_model_s_file(self, tmp_path: Any) -> None:
        last = predicted(tmp_path, *opened(BEST, version="guide-000000000000"), PRICES)[-1]
        assert "not in the registry" in last["basis"]

    def test_with_a_corrupt_file(self, tmp_path: Any) -> None:
        (tmp_path / "guide-000000000000.json").write_bytes(b"{")
        last = predicted(tmp_path, *opened(BEST, version="guide-000000000000"), PRICES)[-1]
        assert "corrupt" in last["basis"]

    def test_out_of_range_is_drawn_in_and_said_and_the_race_is_trusted_less(self, tmp_path: Any) -> None:
        usual = predicted(tmp_path, *opened(BEST), PRICES)[-1]
        last = predicted(tmp_path, *opened({**BEST, "1": values(backed=10.0)}), PRICES)[-1]
        assert "1 runner is outside what the model was trained on" in last["basis"]
        assert usual["confidence"] is not None
        less = 1.0 - (1.0 - UNKNOWN_FORM) / 4
        assert last["confidence"] == pytest.approx(less * usual["confidence"])

    def test_confidence_is_lower_where_nobody_has_form(self, tmp_path: Any) -> None:
        bare = dict.fromkeys("1234", NO_FORM)
        alone = predicted(tmp_path, ("RaceCard", card(field(4))), PRICES)[-1]
        unknown = predicted(tmp_path, *opened(bare), PRICES)[-1]
        assert unknown["basis"] == "the market alone: no runner has form"
        assert (unknown["confidence"] or 0) < (alone["confidence"] or 0)
        wins = [[r["win_probability"] for r in told["runners"]] for told in (alone, unknown)]
        assert wins[0] == pytest.approx(wins[1], abs=1e-12)


class TestWhy:
    def test_a_scratch_of_the_likely_leader_changes_the_pace_and_says_so(self, tmp_path: Any) -> None:
        before, *_, after = predicted(tmp_path, *opened(BEST), PRICES, ("Scratch", scratch("1", 20)))[-2:]
        assert before["pace_words"].startswith("1 Horse 1")
        assert after["pace_words"].startswith("2 Horse 2")
        (told,) = [reason["text"] for reason in after["why"] if reason["kind"] == "PACE"]
        assert told.startswith("without 1 Horse 1, likely to lead until now, 2 Horse 2 is likely to lead")

    def test_whom_the_pace_suits_follows_the_field_that_is_left(self, tmp_path: Any) -> None:
        forms = {**BEST, "2": values(forward=0.5), "3": values(forward=0.5)}
        before, after = predicted(tmp_path, *opened(forms), ("Scratch", scratch("1", 20)))[-2:]
        alone, late = "Likely to get its own way in front: no rival wants the lead.", "nobody wants the lead"
        notes = [
            [[note["text"] for note in runner["annotations"]] for runner in told["runners"]]
            for told in (before, after)
        ]
        assert alone in notes[0][0]
        assert not any(late in text for text in notes[0][3])
        assert any(late in text for text in notes[1][3])

    def test_a_going_change_moves_horses_by_preference_and_says_so(self, tmp_path: Any) -> None:
        mud = {**BEST, "3": values(rating_on_wet=2.0, rating_on_dry=-0.5)}
        before, after = predicted(
            tmp_path, *opened(mud), ("Conditions", going("FAST", 15)), ("Conditions", going("SLOPPY", 20))
        )[-2:]
        assert (after["runners"][2]["win_probability"] or 0) > (before["runners"][2]["win_probability"] or 0)
        (told,) = [reason["text"] for reason in after["why"] if reason["kind"] == "GOING"]
        assert told.startswith("going from fast to sloppy: it suits 3 Horse 3")

    def test_the_alert_of_a_fact_keeps_what_it_changed(self, tmp_path: Any) -> None:
        mud = {**BEST, "3": values(rating_on_wet=2.0, rating_on_dry=-0.5, forward=0.6)}
        events = [
            *opened(mud), ("Conditions", going("FAST", 15)), ("Conditions", going("SLOPPY", 20)),
            ("Scratch", scratch("1", 25)),
        ]  # fmt: skip
        run = engine.run(located(cast(Any, events)), Races(), default_scorer(Registry(tmp_path)))
        told = {alert["kind"]: alert["detail"] for alert in run.alerts}
        assert told["GOING"].startswith("it suits 3 Horse 3")
        assert told["SCRATCH"].startswith("without 1 Horse 1, likely to lead until now, 2 Horse 2")

    def test_news_of_form_name_whose_standing_moved_most(self, tmp_path: Any) -> None:
        better = {**BEST, "3": values(backed=2.0, rating=2.0, forward=0.6)}
        last = predicted(tmp_path, *opened(BEST), PRICES, ("RaceForm", form(better, 20)))[-1]
        (told,) = [reason for reason in last["why"] if reason["text"].startswith("news of form")]
        assert told["text"].startswith("news of form: 3 Horse 3 by form ")
        assert told["runner_id"] == "3"

    def test_form_told_again_that_moves_nothing_to_be_seen_is_not_said(self, tmp_path: Any) -> None:
        nearly = {**BEST, "3": values(backed=-0.499, forward=0.6)}
        moved: Named = ("OddsUpdate", odds([price("1", 2.5)], 30))
        for told in predicted(tmp_path, *opened(BEST), PRICES, ("RaceForm", form(nearly, 20)), moved)[-2:]:
            assert not any("form" in reason["text"] for reason in told["why"])

    def test_another_model_is_named(self, tmp_path: Any) -> None:
        texts = [r["text"] for told in predicted(tmp_path, *opened(BEST)) for r in told["why"]]
        assert f"scored by guide={VERSION}" in texts


def test_a_point_has_the_same_bits_alone_and_in_a_block(tmp_path: Any) -> None:
    events = [
        *opened(BEST),
        PRICES,
        ("OddsUpdate", odds([price("1", 3.2)], 11)),
        ("Scratch", scratch("1", 20)),
    ]
    scorer, whole = default_scorer(Registry(tmp_path)), predicted(tmp_path, *events)
    races, single = Races(), []
    for record in located(events):
        single += [prediction(s) for s in engine.run([record], races, scorer).statements]
    bits = [
        [np.float64(r["win_probability"] or 0).tobytes() for told in side for r in told["runners"]]
        for side in (whole, single)
    ]
    assert bits[0] == bits[1]


class TestTrainedFolders:
    """What `hpr train` made, in the stream."""

    ROW: ClassVar[dict[str, float]] = {"runs": 3.0, "days_off": 20.0, "figure": 1.0, "market": -2.0}

    @pytest.fixture
    def version(self, tmp_path: Path) -> str:
        written(tmp_path / "trained")
        return Registry(tmp_path).add_folder(tmp_path / "trained")

    def opened(self, version: str, rows: dict[str, dict[str, float]]) -> list[Named]:
        values = {name: [row.get(column) for column in book.COLUMNS] for name, row in rows.items()}
        told = form(values, 2, feature_set=FEATURE_SET, columns=list(book.COLUMNS))
        return [
            ("RaceCard", card(field(4), surface="TURF")),
            ("ModelPinned", pinned(version, 1, model="form", feature_set=FEATURE_SET)),
            ("RaceForm", told),
        ]

    def rows(self) -> dict[str, dict[str, float]]:
        return {str(n): {**self.ROW, "figure": n / 3.0, "post": float(n)} for n in (1, 2, 3, 4)}

    def test_all_three_probabilities_contributions_and_pace(self, tmp_path: Path, version: str) -> None:
        last = predicted(tmp_path, *self.opened(version, self.rows()), PRICES)[-1]
        assert last["model_versions"]["form"] == version
        for kind in ("fundamental_probability", "public_probability", "combined_probability"):
            assert sum(cast(Any, r)[kind] for r in last["runners"]) == pytest.approx(1.0, abs=1e-9)
        fundamental = np.log([r["fundamental_probability"] or 0.0 for r in last["runners"]])
        summed = [sum(part["value"] for part in r["contributions"]) for r in last["runners"]]
        assert summed == pytest.approx((fundamental - fundamental.mean()).tolist(), abs=1e-9)
        assert all(part["text"] for r in last["runners"] for part in r["contributions"])
        assert last["runners"][0]["pace"]

    def test_combined_is_the_evaluation_s_of_the_same_prices(self, tmp_path: Path, version: str) -> None:
        """The market model's chances are a power of its shares, and the weight was fitted on shares."""
        last = predicted(tmp_path, *self.opened(version, self.rows()), PRICES)[-1]
        model = Registry(tmp_path).model(version)
        told = self.opened(version, self.rows())
        values = np.array([r["values"] for r in told[2][1]["runners"]], dtype=np.float64)  # type: ignore[typeddict-item]
        facts = facts_of(told[0][1])  # type: ignore[arg-type]
        found = features(facts, values, np.ones(4, dtype=np.bool_))
        inverse = 1.0 / np.array([r["price"] for r in last["runners"]], dtype=np.float64)
        start = np.zeros(1, dtype=np.intp)
        assert isinstance(model, TrainedModel)
        wanted = model.beliefs.combined.win(found, np.log(inverse / inverse.sum()), start)
        assert [r["combined_probability"] for r in last["runners"]] == pytest.approx(
            wanted.tolist(), abs=1e-8
        )

    def test_places_are_the_evaluation_s_of_the_same_chances(self, tmp_path: Path, version: str) -> None:
        _, *rest = self.opened(version, self.rows())
        last = predicted(tmp_path, ("RaceCard", card(field(4), places_paid=3)), *rest, PRICES)[-1]
        model = Registry(tmp_path).model(version)
        assert isinstance(model, TrainedModel)
        win = np.array([[r["win_probability"] for r in last["runners"]]], dtype=np.float64)
        wanted = finish_within(win, 3, model.beliefs.exponents)[0].tolist()
        assert [r["place_probability"] for r in last["runners"]] == wanted
        assert wanted != pytest.approx(finish_within(win, 3)[0].tolist(), abs=1e-3)

    def test_places_out_of_their_own_market_stay_its_own(self, tmp_path: Path, version: str) -> None:
        told = [price(str(n), p) for n, p in ((1, 1.5), (2, 1.8), (3, 2.2), (4, 3.0))]
        first, *rest = self.opened(version, {runner: {} for runner in "1234"})
        market: Named = ("OddsUpdate", odds(told, 10, market_type="PLACE", places=2))
        alone, pinned_too = (
            predicted(tmp_path, first, market)[-1],
            predicted(tmp_path, first, *rest, market)[-1],
        )
        assert [r["place_probability"] for r in pinned_too["runners"]] == [
            r["place_probability"] for r in alone["runners"]
        ]

    def test_one_that_never_ran_is_judged_and_one_of_which_nothing_is_told_keeps_the_public_s(
        self, tmp_path: Path, version: str
    ) -> None:
        rows = {**self.rows(), "1": {"runs": 0.0, "post": 1.0}, "2": {}}
        last = predicted(tmp_path, *self.opened(version, rows), PRICES)[-1]
        first, second, *_ = last["runners"]
        assert first["combined_probability"] != pytest.approx(first["public_probability"])
        assert second["combined_probability"] == pytest.approx(second["public_probability"], abs=1e-12)
        whole = predicted(tmp_path, *self.opened(version, self.rows()), PRICES)[-1]
        assert (last["confidence"] or 0) < (whole["confidence"] or 0)

    def test_far_outside_what_it_was_trained_on_is_said(self, tmp_path: Path, version: str) -> None:
        tame = dict.fromkeys(book.COLUMNS, 1.0)
        rows = {"1": dict.fromkeys(book.COLUMNS, 1e6), "2": tame, "3": tame, "4": tame}
        last = predicted(tmp_path, *self.opened(version, rows), PRICES)[-1]
        assert "4 runners are outside what the model was trained on" in last["basis"]
        assert sum(r["win_probability"] or 0 for r in last["runners"]) == pytest.approx(1.0, abs=1e-9)

    def test_damaged_missing_and_of_a_feature_set_that_nobody_tells(
        self, tmp_path: Path, version: str
    ) -> None:
        path = next((tmp_path / version).glob("trees-*"))
        path.write_bytes(path.read_bytes()[:-1])
        told = self.opened(version, self.rows())
        assert "is corrupt or of another release" in predicted(tmp_path, *told, PRICES)[-1]["basis"]
        path.unlink()
        last = predicted(tmp_path, *told, PRICES)[-1]
        assert "is corrupt or of another release" in last["basis"]
        assert [r["win_probability"] for r in last["runners"]] == [
            r["public_probability"] for r in last["runners"]
        ]
        told[1] = ("ModelPinned", pinned(version, 1, model="form", feature_set="form-book-99"))
        last = predicted(tmp_path, *told, PRICES)[-1]
        assert last["basis"].endswith(f"not been told yet as form-book-99, which {version} reads")

    def test_a_belief_is_worked_once_for_a_field_a_going_and_a_form(
        self, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[int] = []
        believe = TrainedModel.believe

        def counted(self: TrainedModel, facts: Any, columns: Any, values: Any, active: Any) -> Any:
            asked.append(len(active))
            return believe(self, facts, columns, values, active)

        monkeypatch.setattr(TrainedModel, "believe", counted)
        more: list[Named] = [
            PRICES,
            ("RaceStatus", status("SUSPENDED", 11)),
            ("RaceStatus", status("OFF", 12)),
        ]
        predicted(tmp_path, *self.opened(version, self.rows()), *more)
        assert asked == [4]
        predicted(tmp_path, *self.opened(version, self.rows()), ("Scratch", scratch("1", 20)))
        assert asked == [4, 4, 3]
