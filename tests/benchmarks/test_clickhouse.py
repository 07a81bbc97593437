"""What pages are asked over is there: in a process of its own, because one process has one engine."""

import subprocess
import sys
from pathlib import Path

import orjson

SMALL = """
import sys
from pathlib import Path
import orjson
from benchmarks import clickhouse
from streams.clickhouse.database import connect
from streams.clickhouse.questions import ask
clickhouse.RUNS, clickhouse.HORSES, clickhouse.TICKS, clickhouse.ASKED = 2_000, 50, 20, 2
client = connect("chdb:///" + sys.argv[1] + "/chdb")
clickhouse.fill(client, 20)
found = {name: len(ask(client, name, parameters(17))) for _, name, parameters in clickhouse.PAGES}
print(orjson.dumps(found).decode())
print(len(clickhouse.page_rows(client, Path(sys.argv[1], "sock"), 20)))
"""


def test_every_page_finds_what_was_made_up(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SMALL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    found, pages = done.stdout.splitlines()
    assert orjson.loads(found) == {"bars": 40, "ticks": 200, "closing": 10, "runs": 40, "calibration": 2}
    assert int(pages) == 5
