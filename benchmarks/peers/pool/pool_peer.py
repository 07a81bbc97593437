"""`hpr replay` in a process that has nothing else in it: seconds, imports not among them."""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does

import orjson

from benchmarks.replay import collector_as_in_replay
from hpr.replay_sources import shares_of
from hpr.settings import settings
from streams.lines import BUFFER_BYTES
from streams.processes import replay_in_processes
from streams.replay import replay_located
from streams.sources.merged import ALWAYS


def replayed(sources: list[str], processes: int) -> float:
    """Seconds from reading what there is to the last line written."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile(buffering=BUFFER_BYTES) as out,
        collector_as_in_replay(),
    ):
        began = time.perf_counter()
        shares = shares_of(sources, processes, ALWAYS, settings(), Path(folder))
        for published in replay_in_processes(shares, work=replay_located):
            out.write(published.line + b"\n")
        return time.perf_counter() - began


for line in sys.stdin:
    print(replayed(*orjson.loads(line)), flush=True)
