from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import default_codec
from schemas.records import Prediction
from streams import engine
from streams.archive.container import Record
from streams.audit import Auditor, Finding, first_difference, in_merge_order
from streams.engine import Located
from streams.replay import Races
from streams.scoring import default_scorer
from streams.sources.merged import Understanding
from streams.statements import prediction
from tests.streams.events import RACE, card, entry, odds, price, scratch, status
from topics.catalogue import BY_NAME, CARDS, ODDS, SCRATCHES, STATUS

CODEC = default_codec()
FIELD = [entry("1"), entry("2"), entry("3")]


def moves(seconds: float, last: float) -> Any:
    return odds([price("1", last), price("2", 4.0), price("3", 5.0)], seconds)


EVENTS: dict[str, list[Any]] = {
    CARDS.name: [card(FIELD, 0)],
    STATUS.name: [status("SUSPENDED", 25.5), status("SCHEDULED", 27)],
    SCRATCHES.name: [scratch("3", 12.5)],
    ODDS.name: [moves(at, 2.0 + at / 10) for at in range(1, 40)],
}


class Kept:
    """Topics in memory."""

    def __init__(self, events: dict[str, list[Any]]) -> None:
        self._records = {
            topic: [
                Record(topic, 0, n, 0, RACE.encode(), CODEC.encode(BY_NAME[topic].schema, event))
                for n, event in enumerate(found)
            ]
            for topic, found in events.items()
        }

    def records(
        self, topic: str, partition: int, start: int = 0, end: int | None = None, *, key: bytes | None = None
    ) -> Iterable[Record]:
        return [r for r in self._records[topic] if r.offset >= start and (end is None or r.offset < end)]


def located(events: dict[str, list[Any]]) -> list[list[Located]]:
    return [
        [Located(BY_NAME[t].schema, event, t, 0, n) for n, event in enumerate(found)]
        for t, found in sorted(events.items(), key=lambda each: BY_NAME[each[0]].rank)
    ]


def published(order: list[Located]) -> list[Prediction]:
    races = Races()
    return [
        prediction(statement)
        for event in order
        for statement in engine.run([event], races, default_scorer()).statements
    ]


def audited(predictions: list[Prediction], events: dict[str, list[Any]] = EVENTS) -> list[Finding]:
    auditor = Auditor(Kept(events), Understanding(CODEC), "", default_scorer())
    return list(auditor.audit(predictions))


def differences(predictions: list[Prediction], **events: Any) -> set[str | None]:
    return {finding.difference for finding in audited(predictions, **events)}


def test_every_prediction_is_derived_again_bit_by_bit() -> None:
    every = published(in_merge_order(located(EVENTS)))
    assert len(every) > 30
    assert differences(every) == {None}


@given(st.integers(1, 4), st.sampled_from([STATUS.name, SCRATCHES.name, ODDS.name]))
def test_an_event_that_came_later_than_it_was_recorded_is_found_in_its_place(late: int, topic: str) -> None:
    order = in_merge_order(located(EVENTS))
    at = next(n for n, event in enumerate(order) if event.topic == topic and n > 8)
    held = order.pop(at)
    following = [n for n in range(at, len(order)) if order[n].topic != topic][:late]
    order.insert((following[-1] if following and topic != ODDS.name else at - 1) + 1, held)
    made = published(order)
    assert differences(made) == {None}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"confidence": 0.123}, "confidence: published 0.123, derived 0."),
        ({"places_paid": 4}, "places_paid: published 4, derived 1"),
        ({"changed_from": None}, "changed_from: published None, derived '"),
    ],
)
def test_the_first_field_that_differs_is_named(change: dict[str, Any], words: str) -> None:
    last = published(in_merge_order(located(EVENTS)))[-1]
    (finding,) = audited([{**last, **change}])  # type: ignore[typeddict-item]
    assert finding.difference is not None
    assert finding.difference.startswith(words)
    assert (finding.race_id, finding.revision) == (RACE, last["revision"])


def test_a_field_deep_within_is_named_by_its_path() -> None:
    one = {"runners": [{"win": 0.5, "name": "a"}, {"win": 0.5, "name": "b"}], "lineage": [1]}
    other = {"runners": [{"win": 0.5, "name": "a"}, {"win": 0.25, "name": "b"}], "lineage": [2]}
    assert first_difference(one, other) == "runners[1].win: published 0.5, derived 0.25"
    assert first_difference(one, {**one, "lineage": []}) is None
    assert first_difference(one, {**one, "runners": []}) is not None


def test_an_altered_event_does_not_go_unnoticed() -> None:
    every = published(in_merge_order(located(EVENTS)))
    altered = {**EVENTS, ODDS.name: [moves(at, 2.0 + at / 10 + (at == 20) / 100) for at in range(1, 40)]}
    found = {str(finding.difference).partition(":")[0] for finding in audited(every, altered)}
    assert found == {"None", "why[0].after", "why[0].before"}


def test_events_that_are_gone_are_said_to_be() -> None:
    last = published(in_merge_order(located(EVENTS)))[-1]
    (difference,) = differences([last], events={**EVENTS, ODDS.name: []})
    assert difference is not None
    assert "43 events were folded, 4 are found" in difference


def test_another_releases_models_are_named() -> None:
    last = published(in_merge_order(located(EVENTS)))[-1]
    versions = dict.fromkeys(last["model_versions"], "other")
    (difference,) = differences([{**last, "event_id": last["event_id"][::-1], "model_versions": versions}])
    assert difference is not None
    assert "audit it with the release that made it" in difference
