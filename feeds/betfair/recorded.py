"""Recorded captures as events, in the order in which they became known."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from feeds.betfair.files import Capture, Line, captures_of, find_captures, merged, read
from feeds.betfair.messages import Definition, decode_message
from feeds.betfair.races import track_of
from feeds.betfair.translate import SOURCE, UNREADABLE, Named, Translator, readable_definitions
from schemas.dead_letters import dead_letter


def recorded(
    paths: list[Path], first: Iterable[Definition] | None = None
) -> Iterator[tuple[Line, list[Named]]]:
    """Each message of the captures with its events; FeedError if there are no such files.

    `first` is what the captures' first messages define, of a share: else it is read here.
    """
    files = find_captures(paths)
    translator = Translator()
    captures = captures_of(files)
    if first is None and len(captures) > 1:
        first = chain(*map(first_definitions, captures))
    # A number has to be known before any event of its race is keyed.
    for definition in first or ():
        translator.directory.learn(definition)
    for line in merged(files):
        if line.error is not None:
            yield line, [("DeadLetter", dead_letter(SOURCE, line.data, line.origin, line.error))]
        else:
            yield line, translator.translate(line.data, line)


def first_definitions(capture: Capture) -> list[Definition]:
    """The market definitions of a capture's first message; none where it has none that can be read."""
    line = next(read(capture), None)
    if line is None or line.error is not None:
        return []
    try:
        return readable_definitions(decode_message(line.data).mc or [])
    except UNREADABLE:
        return []  # the translator will say what is wrong with it


class Captures(NamedTuple):
    """Captures that one process reads, and what their first messages define: it takes unpacking a block."""

    files: list[Path]
    first: list[Definition]


_Group = tuple[set[tuple[str, str]], list[Path]]
"""Races, by track and off time, and the files that tell of them."""


def shares(files: list[Path], number: int) -> list[Captures]:
    """Files dealt into at most `number` shares of like size; those of one race stay together."""
    first = {file: list(map(_slim, chain(*map(first_definitions, captures_of([file]))))) for file in files}
    groups: list[_Group] = []
    for file in files:
        races = {(track_of(d).code, d.marketTime) for d in first[file]}
        together = [group for group in groups if group[0] & races]
        apart = [group for group in groups if not group[0] & races]
        merged_races = races.union(*(group[0] for group in together))
        merged_files = [*(path for group in together for path in group[1]), file]
        groups = [*apart, (merged_races, merged_files)]
    dealt: list[list[Path]] = [[] for _ in range(min(number, len(groups)))]
    for _, members in sorted(groups, key=lambda group: -_size(group[1])):
        min(dealt, key=_size).extend(members)
    ordered = [sorted(share, key=files.index) for share in dealt]
    return [Captures(share, list(chain(*map(first.__getitem__, share)))) for share in ordered]


def _slim(definition: Definition) -> Definition:
    """Without the runners: shares of many captures are kept for long."""
    return replace(definition, runners=[])


def _size(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)
