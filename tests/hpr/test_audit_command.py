import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hpr.audit_self_test import play
from schemas.codec import default_codec
from streams.archive.reader import Archive
from streams.archive.store import FolderStore
from topics.catalogue import PREDICTIONS

Inside = Callable[..., Any]


def test_the_self_test_finds_a_thousand_identical(inside: Inside) -> None:
    done = inside("audit", "--self-test", "--sample", 1000, "--json")
    assert json.loads(done.stdout) == {"audited": 1000, "identical": 1000, "differing": []}
    assert done.returncode == 0


def test_one_prediction_by_id_and_a_sample_of_a_day(inside: Inside, tmp_path: Path) -> None:
    where = play(tmp_path, seed=2, races=1)
    archive = Archive(FolderStore(Path(where)))
    partition = archive.partitions(PREDICTIONS.name)[0]
    records = list(archive.records(PREDICTIONS.name, partition))
    _, last = default_codec().decode(records[-1].value or b"")
    done = inside("audit", last["event_id"], "--archive", where)
    assert (done.returncode, done.stdout) == (0, "identical\n")
    done = inside("audit", "--sample", 20, "--day", "2026-11-25", "--archive", where)
    assert (done.returncode, done.stdout) == (0, "20 of 20 identical\n")
    done = inside("audit", "--sample", 20, "--day", "2026-11-24", "--archive", where)
    assert done.stderr == f"hpr: no predictions of 2026-11-24 in {where}\n"
    done = inside("audit", "00000000-0000-5000-8000-000000000000", "--archive", where)
    assert (done.returncode, "no prediction 00000000" in done.stderr) == (1, True)


def test_called_wrongly_it_says_what_to_give(inside: Inside) -> None:
    done = inside("audit")
    assert (done.returncode, "give a prediction id" in done.stderr) == (2, True)
