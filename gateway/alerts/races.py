"""What rules need to know of a race while it is on: names, the announced off, chances; folded from topics."""

from dataclasses import dataclass, field

from gateway.alerts.index import EVERYTHING, Key
from schemas.records import Prediction, RaceView
from streams.view import plain_name


@dataclass(slots=True)
class Known:
    """A race as far as it is known. Times are microseconds since 1970."""

    race_id: str
    revision: int = -1
    """Of the prediction that stands."""
    shown: int = -1
    """Revision of the view that stands."""
    view: RaceView | None = None
    chances: dict[str, float] = field(default_factory=dict)
    entities: dict[str, tuple[Key, ...]] = field(default_factory=dict)
    """Horse, rider and trainer by runner."""

    @property
    def track(self) -> str:
        """The track's code, which the race's id begins with."""
        return self.race_id.partition("-")[0]

    @property
    def scheduled_off(self) -> int | None:
        """The announced off."""
        return self.view["scheduled_off"] if self.view else None

    def show(self, view: RaceView) -> None:
        """Take in what readers see of the race."""
        if view["revision"] < self.shown:
            return
        self.shown, self.view = view["revision"], view
        for runner in view["runners"]:
            named = (
                ("horse", runner["name"]),
                ("rider", runner["jockey_name"]),
                ("trainer", runner["trainer_name"]),
            )
            keys = tuple((kind, plain_name(name)) for kind, name in named if name)
            self.entities[runner["runner_id"]] = keys

    def predict(self, prediction: Prediction) -> bool:
        """Take in a prediction; False for one that is older than what stands."""
        if prediction["revision"] <= self.revision:
            return False
        self.revision = prediction["revision"]
        self.chances = {
            runner["runner_id"]: runner["win_probability"] or 0.0 for runner in prediction["runners"]
        }
        return True

    def keys(self, runner_id: str | None, name: str | None = None) -> list[Key]:
        """What a happening of this race, or of one of its runners, is found under."""
        found: list[Key] = [EVERYTHING, ("race", self.race_id), ("track", self.track)]
        if runner_id is None:
            for entities in self.entities.values():
                found += entities
            found += [("runner", f"{self.race_id}/{id}") for id in self.entities]
            return found
        found.append(("runner", f"{self.race_id}/{runner_id}"))
        found += self.entities.get(runner_id, ())
        if name:
            found.append(("horse", plain_name(name)))
        return found
