"""Audit: a published prediction derived again from exactly the events that its lineage names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import accumulate, islice, product
from typing import Any, Protocol

from schemas.identity import uuid_of
from schemas.records import Prediction
from streams import engine
from streams.archive.container import Record
from streams.engine import Located
from streams.race import DIGEST_MASK, Race
from streams.replay import Races
from streams.scoring import Scorer
from streams.sources.merged import Understanding
from streams.statements import prediction
from topics.catalogue import RACE_EVENTS

RUN_RECORDS = 256
FAR, FAR_THIRD = 256, 6
"""How many events of a topic may have stood for those of another when a prediction was made, or of two."""

LATE_EVENTS = 6
"""How many events of a topic may have come later than their recorded time says, in an order that is tried."""

Spans = dict[tuple[str, int], tuple[int, int]]
"""First and last offset by topic and partition."""


class Keeper(Protocol):
    """What keeps the events: an archive, or a cluster's topics."""

    def records(
        self, topic: str, partition: int, start: int = 0, end: int | None = None, *, key: bytes | None = None
    ) -> Iterable[Record]:
        """Records under `key` by offset, from `start` up to and without `end`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one prediction; `difference` is None where it was derived again, bit by bit."""

    prediction_id: str
    race_id: str
    revision: int
    difference: str | None


@dataclass(frozen=True, slots=True)
class Auditor:
    """Derives predictions again. `prefix` is that of the topics."""

    keeper: Keeper
    understanding: Understanding
    prefix: str
    scorer: Scorer

    def audit(self, published: Iterable[Prediction]) -> Iterator[Finding]:
        """A finding for each prediction, race by race."""
        by_race: dict[str, list[Prediction]] = {}
        for each in published:
            by_race.setdefault(each["race_id"], []).append(each)
        for race_id, of_race in by_race.items():
            events = self._events(race_id, spans_of(of_race))
            derived = self._derive(in_merge_order(events), {each["event_id"] for each in of_race})
            for each in of_race:
                found = derived.get(each["event_id"])
                difference = first_difference(each, found) if found else "not derived"
                if difference is not None:
                    difference = self._closely(each, events)
                yield Finding(each["event_id"], race_id, each["revision"], difference)

    def _events(self, race_id: str, spans: Spans) -> list[list[Located]]:
        """Events of a race within spans, by topic in the order of rank."""
        found: list[list[Located]] = []
        for topic in RACE_EVENTS:
            events: list[Located] = []
            for (name, partition), (first, last) in spans.items():
                if name == self.prefix + topic.name:
                    records = self.keeper.records(name, partition, first, last + 1, key=race_id.encode())
                    located = (self.understanding.event(topic, record) for record in records)
                    events += (event for event in located if event is not None)
            found.append(events)
        return found

    def _closely(self, published: Prediction, events: list[list[Located]]) -> str | None:
        """The same from exactly the events that this one's lineage names.

        Of each topic it has the first few events, as many together as its revision says; its id tells how
        many of which. Their order between topics is the recorded time's, unless some came late.
        """
        spans = spans_of([published])
        lists = [
            taken(e for e in of_topic if e.offset <= spans.get((e.topic, e.partition), (0, -1))[1])
            for of_topic in events
        ]
        counts = counts_of(published, lists)
        if counts is None:
            return self._why_not(published, in_merge_order(lists))
        first: str | None = None
        for order in orders([of_topic[:count] for of_topic, count in zip(lists, counts, strict=True)]):
            found = self._derive(order, {published["event_id"]}).get(published["event_id"])
            difference = first_difference(published, found) if found else self._why_not(published, order)
            if difference is None:
                return None
            first = first or difference
        return first

    def _derive(self, events: Iterable[Located], wanted: set[str]) -> dict[str, Prediction]:
        """Those of the wanted predictions that come up while `events` are folded."""
        races, stream = Races(), iter(events)
        derived: dict[str, Prediction] = {}
        while run := list(islice(stream, RUN_RECORDS)):
            for statement in engine.run(run, races, self.scorer).statements:
                made = prediction(statement)
                if made["event_id"] in wanted:
                    derived[made["event_id"]] = made
        return derived

    def _why_not(self, published: Prediction, events: Sequence[Located]) -> str:
        """Why a prediction did not come up, in words."""
        race = Race(Races()[published["race_id"]].state)
        folded = sum(race.fold(event.name, event.event) for event in events)
        if folded != published["revision"]:
            return (
                f"{published['revision']} events were folded, {folded} are found where its lineage says: "
                "they may have been deleted by age; look where they are archived (--archive)"
            )
        versions = published["model_versions"]
        ours = {model.name: model.version for model in (self.scorer.win, self.scorer.place)}
        if any(ours[name] != version for name, version in versions.items() if name in ours):
            return f"made by {versions}, this release has {ours}: audit it with the release that made it"
        return "its events are found, and another prediction comes of them"


def spans_of(published: Iterable[Prediction]) -> Spans:
    """The spans that hold the events of all these predictions."""
    spans: Spans = {}
    for each in published:
        for span in each["lineage"]:
            at, found = (span["topic"], span["partition"]), (span["first_offset"], span["last_offset"])
            known = spans.get(at, found)
            spans[at] = (min(known[0], found[0]), max(known[1], found[1]))
    return spans


def taken(events: Iterable[Located]) -> list[Located]:
    """Those of a topic's events that a race takes in; whether it does is for the topic alone to say."""
    races = Races()
    return [event for event in events if races[event.event["race_id"]].fold(event.name, event.event)]


def counts_of(published: Prediction, events: list[list[Located]]) -> list[int] | None:
    """How many events of each topic a prediction was made of, by its id; None if that is not found.

    Tried are the counts of the merge order, and those in which some of one topic stand for others.
    """
    order = in_merge_order(events)[: published["revision"]]
    names = [of_topic[0].topic if of_topic else "" for of_topic in events]
    usual = [sum(event.topic == name for event in order) for name in names]
    sums = [list(accumulate((_number(event) for event in of_topic), initial=0)) for of_topic in events]
    models = ",".join(f"{name}={version}" for name, version in published["model_versions"].items())
    for counts in _near(usual, [len(of_topic) for of_topic in events]):
        digest = sum(of_topic[count] for of_topic, count in zip(sums, counts, strict=True)) & DIGEST_MASK
        text = f"prediction:{published['race_id']}:{models}:{digest.to_bytes(16, 'big').hex()}"
        if sum(counts) == published["revision"] and uuid_of(text) == published["event_id"]:
            return counts
    return None


def _number(event: Located) -> int:
    return int(event.event["event_id"].replace("-", ""), 16)


def _near(usual: list[int], most: list[int]) -> Iterator[list[int]]:
    """Counts near the usual: up to FAR events of a topic fewer, and as many of up to two others more."""
    yield usual
    topics = range(len(usual))
    for late, other, third in product(topics, topics, topics):
        alone = third in (late, other)
        for fewer in range(1, min(FAR if alone else FAR_THIRD, usual[late]) + 1):
            for of_third in (0,) if alone else range(1, fewer):
                counts = list(usual)
                counts[late] -= fewer
                counts[other] += fewer - of_third
                counts[third] += of_third
                if all(count <= bound for count, bound in zip(counts, most, strict=True)):
                    yield counts


def in_merge_order(events: list[list[Located]]) -> list[Located]:
    """Events of several topics, given by rank, by recorded time, rank and offset."""
    ranked = ([(event, rank) for event in of_topic] for rank, of_topic in enumerate(events))
    merged = merge(*ranked, key=lambda each: (each[0].event["recorded_time"], each[1]))
    return [event for event, _ in merged]


def orders(events: list[list[Located]]) -> Iterator[list[Located]]:
    """The merge order; then those in which the last few of one topic came after all others."""
    yield in_merge_order(events)
    for rank, of_topic in enumerate(events):
        for late in range(1, min(LATE_EVENTS, len(of_topic)) + 1):
            early = [*events[:rank], of_topic[:-late], *events[rank + 1 :]]
            yield in_merge_order(early) + of_topic[-late:]


def first_difference(published: Mapping[str, Any], derived: Mapping[str, Any]) -> str | None:
    """The first field that differs, lineage aside; None where all are equal to the last bit."""
    for field, value in published.items():
        if field != "lineage" and (found := _difference(field, value, derived.get(field))):
            return found
    return None


def _difference(path: str, published: Any, derived: Any) -> str | None:
    if isinstance(published, dict) and isinstance(derived, dict):
        keys = [*published, *(key for key in derived if key not in published)]
        pairs = [(f"{path}.{key}", published.get(key), derived.get(key)) for key in keys]
    elif isinstance(published, list) and isinstance(derived, list) and len(published) == len(derived):
        pairs = [(f"{path}[{n}]", *both) for n, both in enumerate(zip(published, derived, strict=True))]
    else:
        return None if published == derived else f"{path}: published {published!r}, derived {derived!r}"
    return next((found for pair in pairs if (found := _difference(*pair))), None)
