"""What form costs: a field of 14 scored by all models, explained, and put together with each price."""

import gc
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from benchmarks.report import Report, Row, machine, row
from benchmarks.score import market
from models import MarketModel, logit
from models.artefacts import Manifest
from models.belief import Belief
from models.boosted import PARAMETERS, RESIDUAL, RESIDUAL_TREES, TREES, Boosted, onnx_session, rounded
from models.form import book
from models.form.facts import RaceFacts, RaceFinish, Runner, RunnerFinish
from models.form.features import FEATURES
from models.form.features import features as features_of
from models.layout import Floats
from models.net import Context, Net, Weights
from models.net_fit import UNITS
from models.performance import Beliefs, Combined, Fundamental, Public, Residual
from models.trained import TrainedModel
from streams.beliefs import MARKET_AND_FORM, Verdict, with_form

RUNNERS, CARDS = 14, 12
LIMIT_SCORING, LIMIT_CARDS = 300.0, 1_000_000.0
"""Microseconds."""

DAY = "features of a day of 12 cards"

TRAINED_ROWS = 4_000
DAYS, RACES_A_DAY, HORSES = 40, 8, 400
BENT = (1.0, 0.441, 0.243, 0.073, 0.0, -0.07, -0.08, -0.089)
"""Exponents and bends of the places as trained on Hong Kong."""

LIMIT, ONNX, LIGHTGBM = "limit", "ONNX Runtime", "LightGBM"


def measure(runs: int = 5, scale: float = 1.0) -> Report:
    """Microseconds of each beside a limit, or beside a peer that does the same of the same trees."""
    booster, trees, model = models(max(round(TREES * scale), 10))
    known, race = learnt(), card(DAYS, 0)
    known.settle(race.race_date)
    values = known.look(race)
    found = features_of(race, values, np.ones(RUNNERS, dtype=np.bool_))
    single = rounded(found)
    session, batch, public = onnx_session(trees.data), market(1, RUNNERS), MarketModel()
    belief = model.judge(found, values)

    def on_price(belief: Belief = belief) -> None:
        verdict = Verdict(MARKET_AND_FORM, belief=belief, by_interest=belief, known=1.0)
        with_form(public.score(batch), [verdict], batch.places, False, [(1.0, 1.0)])

    def on_form() -> None:
        on_price(model.judge(found, values))

    def on_day() -> None:
        for number in range(CARDS):
            facts = card(DAYS, number)
            features_of(facts, known.look(facts), np.ones(RUNNERS, dtype=np.bool_))

    ours: list[tuple[str, str, Callable[[], object], Callable[[], object] | float]] = [
        ("all models, on a price", LIMIT, on_price, LIMIT_SCORING),
        ("all models, on other form", LIMIT, on_form, LIMIT_SCORING),
        (DAY, LIMIT, on_day, LIMIT_CARDS),
        ("trees", ONNX, lambda: trees.score(found), lambda: session.run(None, {"features": single})),
        (
            "contributions of trees",
            LIGHTGBM,
            lambda: trees.contributions(found),
            lambda: booster.predict(single, pred_contrib=True, num_threads=1),
        ),
    ]
    return Report("belief", machine(), [_row(*each, runs) for each in ours])


def _row(
    what: str, peer: str, ours: Callable[[], object], theirs: Callable[[], object] | float, runs: int
) -> Row:
    found: list[float] = []
    other: list[float] = []
    for _ in range(runs):
        found.append(microseconds(ours))
        other.append(theirs if isinstance(theirs, float) else microseconds(theirs))
    return row(what, peer, found, other, "us/day" if what == DAY else "us/race")


def microseconds(work: Callable[[], object], least: float = 0.1) -> float:
    """Mean time of one call on the processor, over at least so many seconds of it: others do not count."""
    work()
    gc.collect()
    gc.disable()
    try:
        calls, began = 0, time.thread_time()
        while (passed := time.thread_time() - began) < least:
            work()
            calls += 1
    finally:
        gc.enable()
    return passed / calls * 1e6


def models(trees: int) -> tuple[Any, Boosted, TrainedModel]:
    """Models of the usual size trained on noise: what they say makes no sense, what it takes does."""
    import lightgbm

    random = np.random.default_rng(1)
    features: Floats = random.normal(size=(TRAINED_ROWS, len(FEATURES)))
    settings = {**PARAMETERS, "min_data_in_leaf": 20, "objective": "regression", "seed": 1}
    data = lightgbm.Dataset(rounded(features), label=random.normal(size=TRAINED_ROWS))
    booster = lightgbm.train(settings, data, trees)
    boosted = Boosted.of(booster, len(FEATURES))
    starts = np.arange(0, TRAINED_ROWS, 10, dtype=np.intp)
    terms = logit.prepare(features, starts)
    width = len(FEATURES)
    shapes = (width, UNITS), (UNITS,), (UNITS,), (width,)
    net = Net(
        terms, Context.of(terms, features), Weights(*(random.normal(0.0, 0.05, shape) for shape in shapes))
    )
    other = logit.Logit(terms, random.normal(0.0, 0.05, 2 * width))
    settings |= RESIDUAL
    few = Boosted.of(lightgbm.train(settings, data, min(trees, RESIDUAL_TREES)), len(FEATURES))
    combined = Combined(Residual(other, few), 1.0, (0.25, 0.6))
    beliefs = Beliefs(Fundamental(net, boosted, 1.05), Public(1.0), combined, BENT)
    about = Manifest("form-bench", "", "", 1, "", 0, {}, [], "", "", [], {}, {})
    return booster, boosted, TrainedModel(beliefs, about)


def learnt() -> book.FormBook:
    """A form book of some weeks."""
    made, random = book.FormBook(), np.random.default_rng(2)
    for day in range(DAYS):
        for number in range(RACES_A_DAY):
            facts = card(day, number)
            order = random.permutation(RUNNERS)
            ran = tuple(
                RunnerFinish(each.runner_id, float(order[at] + 1), 70.0 + order[at] / 10.0, odds=14.0)
                for at, each in enumerate(facts.runners)
            )
            made.learn(facts, RaceFinish(facts.race_id, 1, True, ran))
    return made


def card(day: int, number: int) -> RaceFacts:
    """A race of 14 among some hundreds of horses."""
    horses = np.random.default_rng(1_000 * day + number).permutation(HORSES)[:RUNNERS].tolist()
    runners = tuple(
        Runner(
            str(at), f"H{horse}", f"J{(horse + day) % 20}", f"T{horse % 15}", f"S{horse % 30}", f"D{horse}",
            post_position=at + 1.0, weight_lbs=133.0 - at, equipment="B",
        )
        for at, horse in enumerate(horses)
    )  # fmt: skip
    return RaceFacts(
        f"BEN-{day}-{number}", date.fromordinal(738_000 + 4 * day), "BEN", runners, distance_furlongs=6.0,
        surface="TURF", course="A", going="GOOD", race_type="Flat", class_level=4.0, rating_high=60.0,
    )  # fmt: skip
