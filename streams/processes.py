"""A replay in several processes: each works a share of the races, their lines are merged into one order."""

import gc
import multiprocessing
import os
import signal
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from schemas.errors import HprError
from streams.replay import RUN_RECORDS, Published, replay

BATCH_LINES = 256
"""Lines that a process sends at once."""
AHEAD_BYTES = 256 << 20
"""Of lines that wait for those of slower processes; beyond it fast ones are held back."""

Share = Callable[[], Iterable[Any]]
Work = Callable[..., Iterator[Published]]


def replay_in_processes(
    shares: Sequence[Share], run_records: int = RUN_RECORDS, work: Work = replay
) -> Iterator[Published]:
    """The lines of all shares in the fixed order; all events of a race, or a partition, must be of one share.

    Each share has a process, started at once; one share alone is worked in this one. Shares are called in
    their process, so they must be picklable (such as functools.partial). `work` is `replay` of named events,
    or `replay_located`. What a share raises of HprError and OSError is raised here once it gets there, and
    HprError where a process ends before it is done; then the others are ended too.
    """
    if len(shares) == 1:
        return work(shares[0](), run_records)
    forked = can_fork()
    context: Any = multiprocessing.get_context("fork" if forked else "spawn")
    receivers: list[Connection] = []
    processes: list[BaseProcess] = []
    for share in shares:
        receiver, sender = context.Pipe(duplex=False)
        receivers.append(receiver)
        # A copy of a receiver in a child would keep the others from noticing that this process is gone.
        arguments = (share, run_records, work, sender, receivers if forked else ())
        processes.append(context.Process(target=_work_share, args=arguments, daemon=True))
        processes[-1].start()
        sender.close()
    return _of_all(receivers, processes)


def can_fork() -> bool:
    """Whether this process may be copied as it is, with all that is imported and compiled in it.

    Only with no second thread: a copy has none of the others, and what they had locked stays so.
    """
    tasks = Path("/proc/self/task")
    return tasks.is_dir() and len(os.listdir(tasks)) == 1


def _work_share(
    share: Share, run_records: int, work: Work, sender: Connection, inherited: Sequence[Connection]
) -> None:
    # Ctrl-C goes to all processes of a terminal: the one that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for receiver in inherited:
        receiver.close()
    # See hpr.replay_command: a share is nothing but many small objects without cycles.
    gc.freeze()
    gc.disable()
    try:
        lines = work(share(), run_records)
        while batch := list(islice(lines, BATCH_LINES)):
            # By column, which takes a fraction of the time that tuples of a class take.
            sender.send(list(zip(*batch, strict=True)))
        sender.send(())
    except (HprError, OSError) as error:
        sender.send(error)


def _of_all(receivers: Sequence[Connection], processes: Sequence[BaseProcess]) -> Iterator[Published]:
    """Lines in order; no process is left behind, whatever happens."""
    try:
        yield from _merged(receivers)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _merged(receivers: Sequence[Connection]) -> Iterator[Published]:
    """Lines in order, up to the first of the last lines that each has sent: no earlier one can come."""
    held: dict[Connection, list[Published]] = {receiver: [] for receiver in receivers}
    running = set(receivers)
    ahead = 0
    while running or any(held.values()):
        if waited_for := [receiver for receiver in running if not held[receiver]]:
            for receiver in wait(list(running) if ahead < AHEAD_BYTES else waited_for):
                ahead += _receive(cast(Connection, receiver), held, running)
            continue
        ready: list[Published] = []
        bound = min((held[receiver][-1] for receiver in running), default=None)
        for lines in held.values():
            end = bisect_right(lines, bound) if bound is not None else len(lines)
            ready += lines[:end]
            del lines[:end]
        ahead -= sum(len(each.line) for each in ready)
        ready.sort()
        yield from ready


def _receive(receiver: Connection, held: dict[Connection, list[Published]], running: set[Connection]) -> int:
    """Take in what a process sends next; returns the bytes of its lines. Raises what ended it."""
    try:
        columns = receiver.recv()
    except (EOFError, OSError) as error:
        raise HprError(
            "a process of the replay was ended before it was done: was memory short? Try fewer processes"
        ) from error
    if isinstance(columns, Exception):
        raise columns
    if not columns:
        running.remove(receiver)
        return 0
    held[receiver] += map(Published, *columns)
    return sum(map(len, columns[-1]))
