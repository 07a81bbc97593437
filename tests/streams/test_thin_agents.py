"""Law 8: domain code imports neither Faust, Kafka, FastAPI nor a clock."""

import ast
from pathlib import Path

import pytest

import models
import streams

SHELLS = {"app", "fetching", "form_worker", "metrics", "service", "sink", "transport", "trials", "worker"}
FORBIDDEN = {"aiohttp", "aiokafka", "asyncio", "confluent_kafka", "fastapi", "faust", "time"}
CLOCKS = {"now", "utcnow", "today"}
"""Methods of datetime and date that read a clock."""

DOMAIN = sorted(
    path
    for package in (models, streams)
    for path in Path(next(iter(package.__path__))).glob("*.py")
    if path.stem not in SHELLS
)


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_the_core_does_no_io_and_reads_no_clock(path: Path) -> None:
    imported, read = set(), set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Attribute):
            read.add(node.attr)
    assert not imported & FORBIDDEN
    assert not read & CLOCKS
