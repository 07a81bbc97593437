"""Recorded captures as events, in the order in which they became known."""

from collections.abc import Iterator
from pathlib import Path

from feeds.betfair.files import Capture, Line, captures_of, find_captures, merged, read
from feeds.betfair.messages import Definition, decode_message
from feeds.betfair.races import track_of
from feeds.betfair.translate import SOURCE, UNREADABLE, Named, Translator, readable_definitions
from schemas.dead_letters import dead_letter


def recorded(paths: list[Path]) -> Iterator[tuple[Line, list[Named]]]:
    """Each message of the captures with its events; FeedError if there are no such files."""
    files = find_captures(paths)
    translator = Translator()
    captures = captures_of(files)
    if len(captures) > 1:
        # A number has to be known before any event of its race is keyed.
        for capture in captures:
            for definition in first_definitions(capture):
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


_Group = tuple[set[tuple[str, str]], list[Path]]
"""Races, by track and off time, and the files that tell of them."""


def shares(files: list[Path], number: int) -> list[list[Path]]:
    """Files dealt into at most `number` shares of like size; those of one race stay together."""
    groups: list[_Group] = []
    for file in files:
        first = [d for capture in captures_of([file]) for d in first_definitions(capture)]
        races = {(track_of(d).code, d.marketTime) for d in first}
        together = [group for group in groups if group[0] & races]
        apart = [group for group in groups if not group[0] & races]
        merged_races = races.union(*(group[0] for group in together))
        merged_files = [*(path for group in together for path in group[1]), file]
        groups = [*apart, (merged_races, merged_files)]
    dealt: list[list[Path]] = [[] for _ in range(min(number, len(groups)))]
    for _, members in sorted(groups, key=lambda group: -_size(group[1])):
        min(dealt, key=_size).extend(members)
    return [sorted(share, key=files.index) for share in dealt]


def _size(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files)
