"""Law 8 in the gateway and its client: the pure parts import no Kafka, web framework, loop or clock."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {
    "asyncio",
    "confluent_kafka",
    "fastapi",
    "starlette",
    "threading",
    "time",
    "uvicorn",
    "websockets",
}
PURE = {
    "gateway": (
        "audience board calls channel delta effects event_topics events frames news positions protocol pulse "
        "viewer views"
    ),
    "hpr/client": "errors rest retry session updates",
}
CORE = [ROOT / folder / f"{name}.py" for folder, names in PURE.items() for name in names.split()]


@pytest.mark.parametrize("path", CORE, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_the_core_does_no_io_and_reads_no_clock(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
    assert not imported & FORBIDDEN
