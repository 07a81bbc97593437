"""The providers of past races by name, and how each is read."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Literal, get_args

from schemas.errors import SettingsError
from schemas.records import Event

Name = Literal["hong-kong", "uk-ire", "anz-bsp", "us"]
NAMES: tuple[Name, ...] = get_args(Name)
Reader = Callable[[list[Path], date | None, date | None, Counter[str]], Iterator[tuple[str, Event]]]
"""Reads the races that paths hold from one day to another, and counts what it read."""


def reader(name: Name) -> Reader:
    """The reader of a provider, whose source is its name; it is loaded when it is asked for."""
    read = import_module(f"feeds.{name.replace('-', '_')}").read
    return read if name == "us" else _of_one_folder(name, read)


def _of_one_folder(name: Name, read: Callable[..., Iterator[tuple[str, Event]]]) -> Reader:
    def reading(
        paths: list[Path], first: date | None, last: date | None, counts: Counter[str]
    ) -> Iterator[tuple[str, Event]]:
        if len(paths) != 1:
            raise SettingsError(f"one folder of {name} records, not {len(paths)}")
        return read(paths[0], first, last, counts)

    return reading
