"""Sources of a replay: recorded captures, archives, topics; each dealt into shares for processes."""

import pickle
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from heapq import merge
from pathlib import Path
from typing import cast

from feeds.betfair.files import find_captures
from feeds.betfair.recorded import Captures, recorded, shares
from feeds.runner import Pace
from hpr.codec import codec
from hpr.settings import Settings
from schemas.errors import SettingsError
from schemas.records import DeadLetter
from streams.archive.container import Record
from streams.archive.reader import Archive
from streams.archive.store import open_store
from streams.engine import Located
from streams.replay import Named, located
from streams.sources.cluster import Cluster
from streams.sources.merged import Span, Understanding, Unread, race_events
from topics.catalogue import RACE_EVENTS

ARCHIVE, TOPICS = "archive:", "topics:"

Records = Callable[[str, int], Iterable[Record]]
Share = Callable[[], Iterable[Located]]
"""Gives a share's events, in the process that works on them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive or topics, by name, so that each process opens its own. `prefix` is that of the topics."""

    kind: str
    where: str
    prefix: str


def shares_of(sources: list[str], number: int, span: Span, chosen: Settings, tallies: Path) -> list[Share]:
    """The events of sources as at most `number` shares; a race is of one share.

    What a share could not read is written to a file of its own in `tallies` at its end. Raises
    SettingsError for captures together with other sources.
    """
    kept = [found for source in sources if (found := _kept(source, chosen)) is not None]
    if not kept:
        files = find_captures([Path(source) for source in sources])
        return [
            partial(read_captures, share, span, tallies / str(n))
            for n, share in enumerate(shares(files, number))
        ]
    if len(kept) < len(sources):
        raise SettingsError(
            "captures are keyed anew when they are read: replay them apart from archives and topics"
        )
    return [
        partial(read_kept, kept, partitions, span, chosen, tallies / str(n))
        for n, partitions in enumerate(_dealt(_sizes(kept), number))
    ]


def _kept(source: str, chosen: Settings) -> Kept | None:
    """The archive or topics that a source names; None of captures."""
    if source.startswith(TOPICS):
        return Kept(TOPICS, chosen.broker, source.removeprefix(TOPICS) or chosen.topic_prefix)
    if source.startswith(ARCHIVE) or "://" in source:
        return Kept(ARCHIVE, source.removeprefix(ARCHIVE), chosen.topic_prefix)
    return None


def _sizes(kept: list[Kept]) -> dict[int, int]:
    """Records of each partition, over all sources; SettingsError where a source has no races."""
    sizes: dict[int, int] = {}
    for each in kept:
        found = _sizes_in_archive(each) if each.kind == ARCHIVE else _sizes_in_topics(each)
        if not found:
            raise SettingsError(
                f"{each.where}: no topics of races under the prefix {each.prefix!r}; set --topic-prefix"
            )
        for partition, size in found.items():
            sizes[partition] = sizes.get(partition, 0) + size
    return sizes


def _sizes_in_archive(kept: Kept) -> dict[int, int]:
    archive, sizes = Archive(open_store(kept.where)), dict[int, int]()
    for topic in RACE_EVENTS:
        for partition in archive.partitions(kept.prefix + topic.name):
            for manifest in archive.manifests(kept.prefix + topic.name, partition):
                size = manifest.next_offset - manifest.first_offset
                sizes[partition] = sizes.get(partition, 0) + size
    return sizes


def _sizes_in_topics(kept: Kept) -> dict[int, int]:
    cluster, sizes = Cluster(kept.where), dict[int, int]()
    try:
        for topic in RACE_EVENTS:
            for partition in cluster.partitions(kept.prefix + topic.name):
                low, high = cluster.bounds(kept.prefix + topic.name, partition)
                sizes[partition] = sizes.get(partition, 0) + high - low
    finally:
        cluster.close()
    return sizes


def _dealt(sizes: dict[int, int], number: int) -> list[list[int]]:
    """Partitions dealt into shares of like size; those without records go to none."""
    filled = [partition for partition, size in sizes.items() if size]
    dealt: list[list[int]] = [[] for _ in range(min(number, max(1, len(filled))))]
    for partition in sorted(filled, key=lambda partition: (-sizes[partition], partition)):
        min(dealt, key=lambda share: sum(sizes[p] for p in share)).append(partition)
    return dealt


def read_captures(share: Captures, span: Span, tally: Path) -> Iterator[Located]:
    """The events of captures, in order; at the end, what could not be read is written to `tally`.

    To a file, because readers run in processes of their own.
    """
    unread: Unread = {}
    yield from located(_named(share, span, unread))
    tally.write_bytes(pickle.dumps(unread))


def _named(share: Captures, span: Span, unread: Unread) -> Iterator[Named]:
    for line, events in recorded(share.files, share.first):
        for named in events:
            if named[0] == "DeadLetter":
                count(unread, line.file, 1, cast(DeadLetter, named[1])["reason"])
            elif span.holds(named[1]["recorded_time"]):
                yield named


def read_kept(
    kept: list[Kept], partitions: list[int], span: Span, chosen: Settings, tally: Path
) -> Iterator[Located]:
    """The same of partitions of archives and topics."""
    understanding = Understanding(codec(chosen))
    clusters: list[Cluster] = []
    streams = []
    try:
        for each in kept:
            if each.kind == TOPICS:
                clusters.append(Cluster(each.where))
                records: Records = partial(_of_cluster, clusters[-1], span.start // 1000)
            else:
                records = partial(Archive(open_store(each.where)).records, since=span.start // 1000)
            streams.append(race_events(records, each.prefix, partitions, understanding, span))
        yield from merge(*streams, key=lambda event: event.event["recorded_time"])
    finally:
        for cluster in clusters:
            cluster.close()
    tally.write_bytes(pickle.dumps(understanding.unread))


def _of_cluster(cluster: Cluster, since: int, topic: str, partition: int) -> Iterable[Record]:
    start = cluster.first_since(topic, partition, since) if since else 0
    return cluster.records(topic, partition, start)


def paced(share: Share, speed: float) -> Iterator[Located]:
    """A share's events, each when it is due by a clock that runs `speed` times as fast as the wall's."""
    pace = Pace(speed)
    for event in share():
        wait = pace.advance(event.event["recorded_time"], time.monotonic()) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        yield event


def read_tallies(folder: Path) -> Unread:
    """What all readers that wrote their tally to `folder` could not read, sorted by where it was."""
    unread: Unread = {}
    for tally in sorted(folder.iterdir()):
        for place, (number, reason) in pickle.loads(tally.read_bytes()).items():
            count(unread, place, number, reason)
    return dict(sorted(unread.items()))


def count(unread: Unread, place: str, more: int, reason: str) -> None:
    """Add to what could not be read; the first reason stays."""
    number, first = unread.get(place, (0, reason))
    unread[place] = (number + more, first)
