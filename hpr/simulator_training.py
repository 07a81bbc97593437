"""Trains the demo's model on the simulator's world, by the path that the form worker takes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import cast

import numpy as np

from feeds import simulator
from feeds.simulator.card import card_body, conditions_body
from feeds.simulator.day import slots
from feeds.simulator.finish import run
from feeds.simulator.form import form_events
from feeds.simulator.market import closing
from feeds.simulator.plan import Plan, entries_at, plan, starters
from models.form.facts import facts_of
from models.guide.book import GuideBook
from models.guide.features import features_of
from models.guide.training import Sample, train
from schemas.records import Conditions, HorseProfile, PastPerformance, RaceCard

RACES = 1_200
SEED = 2_025
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def train_simulator(
    races: int = RACES, seed: int = SEED, progress: Callable[[], None] = lambda: None
) -> bytes:
    """The artefact of a model trained on `races` of simulated days; the same for the same arguments."""
    samples = []
    for sample in _samples(races, seed):
        samples.append(sample)
        progress()
    return train(samples, f"simulator, seed {seed}, {races} races")


def _samples(races: int, seed: int) -> Iterator[Sample]:
    """Races of a demo day, each after what a form guide says of its runners. It is no day that is shown."""
    day, book = simulator.demo(seed, START), GuideBook()
    for slot in islice(slots(day), races):
        for name, event in form_events(day, slot, "training"):
            if name == "HorseProfile":
                book.introduce(cast(HorseProfile, event))
            else:
                book.tell(cast(PastPerformance, event))
        this = plan(day, slot)
        ran = starters(this)
        active = np.flatnonzero(ran)
        if this.script.abandoned_at is not None or len(active) < 2:
            continue
        facts = facts_of(_card(this), _conditions(this))
        features = features_of(facts, np.array(book.look(facts)), active)
        won = run(this, ran).positions[active] == 1
        yield Sample(features, won.tolist(), closing(this)[active].tolist())


def _card(this: Plan) -> RaceCard:
    """The card as it stands at the off."""
    body = card_body(this.slot, this.field, this.script.scheduled_off, entries_at(this, this.script.off))
    return cast(RaceCard, {"race_id": this.slot.race_id, **body})


def _conditions(this: Plan) -> Conditions:
    return cast(Conditions, conditions_body(this.field, this.script.wetness))
