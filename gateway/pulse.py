"""Heartbeats in turns: each tick visits a part of the clients, each client twice a heartbeat; pure."""

from collections.abc import Iterable
from itertools import cycle
from typing import Generic, TypeVar

TICK_SECONDS = 0.5


C = TypeVar("C")


class Pulse(Generic[C]):
    """Cs in as many groups as there are ticks in half a heartbeat."""

    def __init__(self, heartbeat_seconds: float) -> None:
        half = heartbeat_seconds / 2
        self.tick_seconds = min(TICK_SECONDS, half)
        self._groups: list[set[C]] = [set() for _ in range(max(round(half / self.tick_seconds), 1))]
        self._turns = cycle(self._groups)
        self._homes: dict[C, set[C]] = {}

    def __len__(self) -> int:
        return len(self._homes)

    def add(self, client: C) -> None:
        """Visit `client` from now on, in the smallest group."""
        home = min(self._groups, key=len)
        home.add(client)
        self._homes[client] = home

    def remove(self, client: C) -> None:
        """Visit `client` no more."""
        if (home := self._homes.pop(client, None)) is not None:
            home.discard(client)

    def turn(self) -> Iterable[C]:
        """The next group."""
        return tuple(next(self._turns))

    def everyone(self) -> Iterable[C]:
        """All clients."""
        return tuple(self._homes)
