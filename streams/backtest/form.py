"""Form in a backtest: learnt as the events come, asked for at decisions, read by models of earlier races."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, cast

from models.belief import FormModel
from schemas.identity import uuid_of
from schemas.records import Event, FormRequest
from streams.backtest.bets import BacktestError
from streams.form import FormState, fold, forget_lost, settle
from streams.form_history import TOLD
from streams.race import Race
from streams.replay import RANKS
from streams.requests import pin

SOURCE = "backtest"
EARLIEST = date(1, 1, 2)
"""A model trained on no race that was run has `date.min`, which is before all that is bet on."""

ORDER = {"HorseProfile": -3, "PastPerformance": -2, "Workout": -1, **RANKS}
"""Rank of what form and races take: of one instant, what form rests on comes first."""


class Trained(NamedTuple):
    """A model, and the last day of the races that it was trained on."""

    model: FormModel
    to: date


class Form:
    """What is known of horses and people at each moment, and the models that read it.

    A race is scored by the model trained latest of those trained on races before its day alone.
    """

    def __init__(self, models: Sequence[Trained], first: date = EARLIEST) -> None:
        """`first` is the first day bet on. Raises BacktestError where no model was trained before it."""
        self.models = sorted(models, key=lambda trained: trained.to)
        self._by_version = {trained.model.version: trained.model for trained in models}
        self.first = first
        self.model_on(first)
        self._state = FormState()
        self._day = ""
        self._folded = 0
        self._asked: dict[str, int] = {}

    def model(self, version: str) -> FormModel:
        """The model of a version."""
        return self._by_version[version]

    def model_on(self, day: date) -> FormModel:
        """The model for races of a day. Raises BacktestError where all have seen it, or later ones."""
        found = next((trained.model for trained in reversed(self.models) if trained.to < day), None)
        if found is None:
            seen = self.models[0]
            raise BacktestError(
                f"model {seen.model.version} was trained on races up to {seen.to}: it has seen races of "
                f"{day}. Bet from {seen.to + timedelta(days=1)} on, or give one that was trained before"
            )
        return found

    def take(self, name: str, event: Any) -> None:
        """Learn from an event; they come in the order of their recorded time."""
        if name not in TOLD:
            return
        self._folded += 1
        fold(self._state, name, cast(Event, event))
        if name == "RaceCard" and event["race_date"] > self._day and event["entries"]:
            self._day = event["race_date"]
            forget_lost(self._state)
            settle(self._state)

    def tell(self, race: Race, now: int) -> None:
        """Tell a race what form says of it now, and which model reads that, unless it was told already."""
        race_id = race.state.race_id
        if self._asked.get(race_id) == self._folded:
            return
        self._asked[race_id] = self._folded
        model = self.model_on(date.fromisoformat(race.view.card["race_date"]))
        for answer in fold(self._state, "FormRequest", cast(Event, self._request(race, now))):
            if answer["race_id"] == race_id and answer["feature_set"] == model.feature_set:
                race.fold("RaceForm", answer)
        chosen = pin(race, "CHAMPION", (1, model.name, model.version, model.feature_set))
        if chosen is not None:
            race.fold("ModelPinned", chosen)

    def _request(self, race: Race, now: int) -> FormRequest:
        return {
            "event_id": uuid_of(f"{SOURCE}:{race.state.race_id}:{self._folded}"),
            "source": SOURCE,
            "race_id": race.state.race_id,
            "event_time": now,
            "recorded_time": now,
            "sequence": self._folded,
            "asked_for": "",
            "runner_ids": list(race.view.runner_ids),
        }


def ranked(events: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Events that races or form take, of one instant by rank; they come by recorded time."""
    same: list[tuple[str, Any]] = []
    for named in events:
        if named[0] not in ORDER:
            continue
        if same and named[1]["recorded_time"] != same[0][1]["recorded_time"]:
            yield from sorted(same, key=lambda each: ORDER[each[0]])
            same = []
        same.append(named)
    yield from sorted(same, key=lambda each: ORDER[each[0]])
