import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.codec import default_codec
from streams.archive.container import Record
from streams.archive.store import FolderStore
from streams.archive.writer import PartitionWriter
from tests.streams.events import card, entry, odds, price
from topics.catalogue import BY_NAME, CARDS, ODDS

Inside = Callable[..., Any]
HOUR = 3_600_000


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of a card and ten prices over five hours."""
    store, codec = FolderStore(tmp_path / "archive"), default_codec()
    events: dict[str, list[Any]] = {
        CARDS.name: [card([entry("1"), entry("2")], 0)],
        ODDS.name: [odds([price("1", 2.0 + n), price("2", 4.0)], n) for n in range(10)],
    }
    for topic, found in events.items():
        writer = PartitionWriter(store, topic, "", 0, codec.history)
        for n, event in enumerate(found):
            value = codec.encode(BY_NAME[topic].schema, event)
            writer.add(Record(topic, 0, n, n // 2 * HOUR, b"k", value))
            writer.flush()
    return tmp_path / "archive"


def test_what_is_there_is_listed(inside: Inside, archive: Path) -> None:
    lines = [json.loads(line) for line in inside("archive", "ls", archive, "--json").stdout.splitlines()]
    assert [(each["topic"], each["records"], each["hours"]) for each in lines] == [
        ("racing.cards", 1, 1),
        ("racing.odds", 10, 5),
    ]
    assert "0 to 9" in inside("archive", "ls", archive).stdout


def test_a_whole_archive_verifies_and_a_damaged_one_is_status_1_with_its_file(
    inside: Inside, archive: Path
) -> None:
    assert inside("archive", "verify", archive)[:2] == (0, "the archive is whole\n")
    damaged = sorted((archive / "racing.odds").rglob("*.avro"))[2]
    damaged.write_bytes(damaged.read_bytes()[:-9])
    done = inside("archive", "verify", archive)
    assert done.returncode == 1
    assert f"{damaged.relative_to(archive)}: its checksum is another than the manifest's" in done.stdout


def test_a_missing_hour_is_named(inside: Inside, archive: Path) -> None:
    for file in (archive / "racing.odds" / "000" / "1970-01-01T02").iterdir():
        file.unlink()
    done = inside("archive", "verify", archive)
    assert (done.returncode, "1970-01-01T02/manifest.json: no such file" in done.stdout) == (1, True)
    replayed = inside("replay", f"archive:{archive}")
    assert replayed.returncode == 1
    assert "1970-01-01T02/manifest.json: missing; what the hour held is not known" in replayed.stderr


def test_a_damaged_file_ends_a_replay_with_a_line_that_names_it(inside: Inside, archive: Path) -> None:
    damaged = sorted((archive / "racing.odds").rglob("*.avro"))[0]
    damaged.write_bytes(b"rubbish")
    done = inside("replay", f"archive:{archive}")
    assert done.returncode == 1
    assert f"{damaged.relative_to(archive)}: its checksum" in done.stderr


def test_old_hours_are_pruned_and_the_newest_stays(inside: Inside, archive: Path) -> None:
    assert inside("archive", "prune", archive, "--before", "1970-01-01T03").stdout == "3 hours deleted\n"
    assert inside("archive", "verify", archive).returncode == 0
    assert inside("archive", "prune", archive, "--before", "2030-01-01").stdout == "1 hours deleted\n"
    listed = inside("archive", "ls", archive).stdout.splitlines()
    assert len(listed) == 2
    assert "8 to 9" in listed[1]


def test_parts_left_behind_are_joined(inside: Inside, archive: Path) -> None:
    last = archive / "racing.odds" / "000" / "1970-01-01T04"
    assert len(list(last.glob("*.avro"))) == 2
    assert inside("archive", "compact", archive, "--newest").stdout == "2 hours closed\n"
    assert len(list(last.glob("*.avro"))) == 1
    assert inside("archive", "verify", archive).returncode == 0


def test_what_is_no_archive_or_no_day_is_called_wrongly(inside: Inside, archive: Path) -> None:
    done = inside("archive", "ls", "nowhere")
    assert (done.returncode, done.stderr) == (
        2, "hpr: nowhere: no archive is here; `hpr sink --archive nowhere` makes one\n",
    )  # fmt: skip
    assert inside("archive", "prune", archive, "--before", "yesterday").returncode == 2
    done = inside("replay", f"archive:{archive}", HPR_TOPIC_PREFIX="other.")
    assert (done.returncode, "no topics of races under the prefix 'other.'" in done.stderr) == (2, True)


def test_an_archive_is_replayed_within_a_span_of_recorded_time(inside: Inside, archive: Path) -> None:
    whole = inside("replay", f"archive:{archive}").stdout.splitlines()
    part = inside("replay", f"archive:{archive}", "--to", "2023-07-15T16:30:05").stdout.splitlines()
    assert 0 < len(part) < len(whole)
    assert whole[: len(part)] == part


def test_one_clock_only_and_never_into_where_it_comes_from(inside: Inside, archive: Path) -> None:
    done = inside("replay", f"archive:{archive}", "--speed", "60", "--processes", 2)
    assert (done.returncode, "one clock" in done.stderr) == (2, True)
    done = inside("replay", f"archive:{archive}", "--into", "")
    assert (done.returncode, "take another prefix" in done.stderr) == (2, True)
    done = inside("replay", f"archive:{archive}", "somewhere.bz2")
    assert (done.returncode, "apart from archives" in done.stderr) == (2, True)


def test_a_sink_without_a_place_or_with_an_unknown_topic_is_called_wrongly(inside: Inside) -> None:
    assert "say where to" in inside("sink").stderr
    done = inside("sink", "--archive", "x", "--topic", "racing.poker")
    assert (done.returncode, "`hpr topics list` shows it" in done.stderr) == (2, True)
