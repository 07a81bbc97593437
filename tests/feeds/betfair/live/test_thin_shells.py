"""Law 8: the protocol and all that decides do no I/O and read no clock."""

import ast
from pathlib import Path

import pytest

from feeds.betfair import live

SHELLS = {"catalogue", "connection", "live", "recorder", "session"}
FORBIDDEN = {"asyncio", "confluent_kafka", "httpx", "os", "random", "socket", "ssl", "time"}
CORE = sorted(p for p in Path(next(iter(live.__path__))).glob("*.py") if p.stem not in SHELLS)


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_the_core_does_no_io_and_reads_no_clock(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
    assert not imported & FORBIDDEN
