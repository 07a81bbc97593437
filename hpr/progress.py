"""What a long command shows on a terminal: what it does, a bar of how much is done of all, and the time."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Steps:
    """One bar, begun anew for each part of the work; without a terminal nothing is shown."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=1)

    def begin(self, what: str, total: int) -> None:
        """Begin a part that has so many steps."""
        self._bar.reset(self._task, total=total, completed=0, description=what)

    def say(self, what: str) -> None:
        """Say what is being done."""
        self._bar.update(self._task, description=what)

    def done(self) -> None:
        """One step more is done; from any thread."""
        self._bar.advance(self._task)

    def days(self, last: date) -> Callable[[date], None]:
        """What is called with each day reached, in order: the bar goes from the first of them to `last`."""
        first: date | None = None

        def reached(day: date) -> None:
            nonlocal first
            if first is None:
                first = day
                self.begin("reading", max((last - day).days, 0) + 1)
            self._bar.update(
                self._task, description=f"form of {day}", completed=(min(day, last) - first).days
            )

        return reached


@contextmanager
def steps(console: Console | None = None) -> Iterator[Steps]:
    """The bar, while the block lasts; on standard error, so that output can be piped."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console or Console(stderr=True),
        disable=console is None and not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        yield Steps(bar)
