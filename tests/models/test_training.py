"""What is believed is fitted on earlier races alone, is the same each time, and goes into files and back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from models import artefacts, boosted, race_onnx, windows
from models.evaluation import (
    calibration,
    calibration_errors,
    exotic_rows,
    fits_of_walk,
    rows,
    seasons,
    walk,
    win_of,
)
from models.form.book import COLUMNS, FormBook
from models.losses import winner_loss
from models.performance import Beliefs, Fundamental
from models.softmax import softmax
from models.trained import TrainedModel
from models.training import fit_beliefs, fit_fundamental, form_before
from models.windows import Fits, years_before
from schemas.errors import HprError
from tests.models.trained_world import LAST_SEASON, past, table


@pytest.fixture(scope="module", autouse=True)
def few_trees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(boosted, "TREES", 25)
        yield


@pytest.fixture(scope="module", name="beliefs")
def fitted() -> Beliefs:
    found = fit_beliefs(Fits(table(), 1), float(LAST_SEASON.toordinal()))
    assert found is not None
    return found


def test_form_and_public_beat_chance_out_of_sample(beliefs: Beliefs) -> None:
    fits: list[int] = []
    season = LAST_SEASON, date(2025, 12, 1)
    judged = list(walk(table(), *season, seed=1, done=lambda: fits.append(1)))
    assert len(fits) == fits_of_walk(table(), *season) == 6
    assert fits_of_walk(table(), date(2020, 1, 1), date(2020, 12, 1)) == 0
    found = {row["model"]: row for row in rows(judged)}
    assert set(found) >= {"public", "fundamental", "combined"}
    assert float(found["public"]["r2"]) > 0.1
    assert float(found["fundamental"]["r2"]) > 0.05
    assert (found["public"]["delta_r2"], found["public"]["z"]) == (0.0, 0.0)
    said = win_of(beliefs, judged[0].table)
    for name, win in said.items():
        assert_array_equal(win, judged[0].win[name])
    bins = calibration(judged, "combined")
    assert {row["kind"] for row in bins} == {"win", "place"}
    for row in calibration_errors(bins):
        errors = [abs(float(each["error"])) for each in bins if each["kind"] == row["kind"]]
        assert min(errors) <= float(row["mean_error"]) <= float(row["largest_error"]) == max(errors)
    assert [row["pool"] for row in exotic_rows(judged)] == ["exacta", "quinella", "tierce", "trio"]


def test_later_races_change_nothing_that_was_fitted(beliefs: Beliefs) -> None:
    """The leak that would flatter: turn every later finish around and fit again."""
    whole = table()
    later = np.repeat(whole.day >= LAST_SEASON.toordinal(), whole.runners)
    turned = replace(whole, position=np.where(later, 12.0 - whole.position, whole.position))
    again = fit_beliefs(Fits(turned, 1), float(LAST_SEASON.toordinal()))
    assert again is not None
    assert again.fundamental.boosted.data == beliefs.fundamental.boosted.data
    assert_array_equal(again.fundamental.net.weights.hidden, beliefs.fundamental.net.weights.hidden)
    assert_array_equal(again.combined.residual.logit.weights, beliefs.combined.residual.logit.weights)
    assert again.combined.residual.boosted.data == beliefs.combined.residual.boosted.data
    assert (again.combined.power, again.combined.weights) == (
        beliefs.combined.power,
        beliefs.combined.weights,
    )
    assert again.exponents == beliefs.exponents
    assert again.fundamental.scale == beliefs.fundamental.scale


def test_the_scale_of_form_is_that_of_a_season_it_had_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the season before, scored by what was fitted before that, no other scale is likelier."""
    monkeypatch.setattr(windows, "FEWEST_RACES", 300)
    first, last = float(date(2024, 1, 1).toordinal()), float(LAST_SEASON.toordinal())
    fits = Fits(table(), 1)
    found, earlier = fit_fundamental(fits, last), form_before(fits, first)
    assert found is not None
    assert earlier is not None
    season = table().where((table().day >= first) & (table().day < last) & table().sample())
    losses = [
        winner_loss(
            Fundamental(*earlier, found.scale + step).win(season.features, season.start), season
        ).sum()
        for step in (-0.03, 0.0, 0.03)
    ]
    assert losses[1] == min(losses)
    assert years_before(float(date(2024, 2, 29).toordinal()), 1) == date(2023, 2, 28).toordinal()


def test_seasons_may_end_short() -> None:
    assert seasons(date(2024, 9, 1), date(2025, 10, 1)) == [
        (date(2024, 9, 1), date(2025, 9, 1)),
        (date(2025, 9, 1), date(2025, 11, 1)),
    ]


ABOUT = {
    "jurisdiction": "world",
    "data_hash": "d",
    "seed": 1,
    "trained_to": "2023-12-31",
    "races": 5,
    "metrics": {},
}


def test_artefacts_come_back_bit_for_bit(beliefs: Beliefs, tmp_path: Path) -> None:
    written = artefacts.write(tmp_path / "one", beliefs, ABOUT)
    again = artefacts.write(tmp_path / "two", beliefs, ABOUT)
    assert written == again
    loaded, manifest = artefacts.load(tmp_path / "one")
    assert manifest == written
    held = table().where(table().day >= LAST_SEASON.toordinal())
    for name, win in win_of(loaded, held).items():
        assert_array_equal(win, win_of(beliefs, held)[name])


@pytest.mark.parametrize(
    "role", ["boosted", "trees", "net", "net-weights", "residual", "residual-boosted", "residual-trees"]
)
def test_damaged_and_missing_files_are_refused(beliefs: Beliefs, tmp_path: Path, role: str) -> None:
    manifest = artefacts.write(tmp_path, beliefs, ABOUT)
    path = tmp_path / manifest.files[role]
    path.write_bytes(path.read_bytes()[:-7] + b"garbage")
    with pytest.raises(HprError, match="damaged: train again"):
        artefacts.load(tmp_path)
    path.unlink()
    with pytest.raises(HprError, match="train again"):
        artefacts.load(tmp_path)


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]"])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / artefacts.MANIFEST).write_bytes(text)
    with pytest.raises(HprError, match="train again"):
        artefacts.load(tmp_path)
    with pytest.raises(HprError, match="train first"):
        artefacts.load(tmp_path / "nowhere")


def test_a_manifest_changed_by_hand_is_refused(beliefs: Beliefs, tmp_path: Path) -> None:
    artefacts.write(tmp_path, beliefs, ABOUT)
    path = tmp_path / artefacts.MANIFEST
    path.write_bytes(path.read_bytes().replace(b'"seed": 1', b'"seed": 2'))
    with pytest.raises(HprError, match="changed since"):
        artefacts.load(tmp_path)


def test_a_logit_with_a_weight_too_many_is_of_other_features(
    beliefs: Beliefs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(race_onnx, "checked", lambda _: b"")
    residual = beliefs.combined.residual
    long = replace(residual.logit, weights=np.append(residual.logit.weights, 0.0))
    combined = replace(beliefs.combined, residual=replace(residual, logit=long))
    artefacts.write(tmp_path, replace(beliefs, combined=combined), ABOUT)
    with pytest.raises(HprError, match="of other features than their manifest"):
        artefacts.load(tmp_path)


@pytest.mark.parametrize(("part", "name"), [("weights", "bias"), ("context", "middle"), ("context", "scale")])
def test_a_net_whose_parts_do_not_fit_each_other_is_refused(
    beliefs: Beliefs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, name: str
) -> None:
    monkeypatch.setattr(race_onnx, "checked", lambda _: b"")
    net = beliefs.fundamental.net
    whole = getattr(net, part)
    torn = replace(net, **{part: whole._replace(**{name: getattr(whole, name)[1:]})})
    fundamental = replace(beliefs.fundamental, net=torn)
    artefacts.write(tmp_path, replace(beliefs, fundamental=fundamental), ABOUT)
    with pytest.raises(HprError, match="do not fit their manifest"):
        artefacts.load(tmp_path)


@pytest.mark.parametrize("name", ["low", "high", "scale", "square_scale"])
def test_terms_of_a_length_that_is_not_theirs_are_refused(
    beliefs: Beliefs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(race_onnx, "checked", lambda _: b"")
    net = beliefs.fundamental.net
    torn = replace(net, terms=replace(net.terms, **{name: getattr(net.terms, name)[1:]}))
    fundamental = replace(beliefs.fundamental, net=torn)
    artefacts.write(tmp_path, replace(beliefs, fundamental=fundamental), ABOUT)
    with pytest.raises(HprError, match="of other features than their manifest"):
        artefacts.load(tmp_path)


def test_runners_far_outside_what_was_trained_on_are_strays(beliefs: Beliefs, tmp_path: Path) -> None:
    """On either side, and by more than a tenth of their features."""
    terms = beliefs.fundamental.net.terms
    model = TrainedModel(beliefs, artefacts.write(tmp_path, beliefs, ABOUT))
    field = np.tile(np.where(np.isfinite(terms.low), terms.low, 0.0), (5, 1))
    many = int(0.1 * field.shape[1]) + 1
    bounded = np.flatnonzero(np.isfinite(terms.low))
    field[1, bounded[:many]] = terms.low[bounded[:many]] - 1.0
    field[2, bounded[:many]] = terms.high[bounded[:many]] + 1.0
    field[3, bounded[: many - 1]] = terms.high[bounded[: many - 1]] + 1.0
    field[4] = np.nan
    assert model.judge(field, np.full((5, len(COLUMNS)), 1.0)).strays == [False, True, True, False, False]


def test_the_stream_believes_what_the_evaluation_does(beliefs: Beliefs, tmp_path: Path) -> None:
    manifest = artefacts.write(tmp_path, beliefs, ABOUT)
    model = TrainedModel(beliefs, manifest)
    races = list(past())
    book = FormBook()
    for race in races[:-4]:
        book.settle(race.facts.race_date)
        book.learn(race.facts, race.finish)
    facts = races[-1].facts
    book.settle(facts.race_date)
    belief = model.believe(facts, list(COLUMNS), book.look(facts), np.arange(len(facts.runners)))
    offline = win_of(beliefs, table())["fundamental"][table().start[-1] :]
    assert belief.fundamental == offline.tolist()
    log_odds = np.log(offline)
    summed = belief.contributions.sum(axis=1)
    assert_allclose(summed, log_odds - log_odds.mean(), atol=1e-9)
    single = softmax(summed, np.zeros(1, dtype=np.intp))
    assert_allclose(single, belief.fundamental, atol=1e-12)


def test_a_column_that_is_missing_is_unknown(beliefs: Beliefs, tmp_path: Path) -> None:
    model = TrainedModel(beliefs, artefacts.write(tmp_path, beliefs, ABOUT))
    facts = past()[-1].facts
    belief = model.believe(facts, [], np.zeros((len(facts.runners), 0)), np.array([0, 2, 3]))
    assert sum(belief.fundamental) == pytest.approx(1.0)
    assert np.isfinite(belief.contributions).all()
    assert belief.known == [False] * 3
