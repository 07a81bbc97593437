"""What a race asks for and pins: the form of its runners, and the models that score it."""

from schemas.identity import uuid_of
from schemas.records import Event, FormRequest, ModelPinned, ModelRole
from streams.race import Race

SOURCE = "hpr"
ASKING = ("RaceCard", "Conditions")
"""Events after which form has to be asked for: others change nothing that a runner's own form rests on."""


def request(race: Race, event: Event) -> FormRequest:
    """The request that an event folded leads to; the same event leads to the same request."""
    state = race.state
    return {
        "event_id": uuid_of(f"request:{state.race_id}:{event['event_id']}"),
        "source": SOURCE,
        "race_id": state.race_id,
        "event_time": event["event_time"],
        "recorded_time": state.recorded_time,
        "sequence": state.revision,
        "asked_for": event["event_id"],
        "runner_ids": list(race.view.runner_ids),
    }


def pin(race: Race, role: ModelRole, choice: tuple[int, str, str, str]) -> ModelPinned | None:
    """The pin of a choice (its number, model, version, feature set); None where it is in force already."""
    number, model, version, feature_set = choice
    state = race.state
    known = race.view.pins.get(role)
    if (known["version"] if known else "") == version:
        return None
    return {
        "event_id": uuid_of(f"pin:{state.race_id}:{role}:{number}:{version}"),
        "source": SOURCE,
        "race_id": state.race_id,
        "event_time": state.event_time,
        "recorded_time": state.recorded_time,
        "sequence": number,
        "role": role,
        "model": model,
        "version": version,
        "feature_set": feature_set,
    }
