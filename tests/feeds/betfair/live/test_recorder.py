"""The recording: one file a market, whole lines, nothing lost when the process is."""

import bz2
import os
import time
from pathlib import Path

import pytest

from feeds.betfair.live import recorder as recording
from feeds.betfair.live.recorder import UNSURE_SECONDS, Recorder, pack
from schemas.errors import FeedError

DAY = "2022-11-06"
OPEN = b'{"op":"mcm","pt":1,"mc":[{"id":"1.1","marketDefinition":{"status":"OPEN"}}]}'
CLOSED = b'{"op":"mcm","pt":9,"mc":[{"id":"1.1","marketDefinition":{"status":"CLOSED"}}]}'


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.glob("*/*")}


def pack_all(recorder: Recorder) -> None:
    for closing in recorder.left_to_pack:
        pack(closing)


def test_a_line_is_on_the_file_as_soon_as_it_is_written(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.write("1.1", DAY, b"one")
    assert (tmp_path / DAY / "1.1").read_bytes() == b"one\n"
    recorder.write("1.1", DAY, b"two")
    assert (tmp_path / DAY / "1.1").read_bytes() == b"one\ntwo\n"
    recorder.close()


def test_each_market_has_its_file_in_the_folder_of_its_day(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.write("1.1", DAY, b"one")
        recorder.write("1.2", "2022-11-07", b"two")
        recorder.write("1.1", "2022-11-07", b"after midnight")
        recorder.write_unreadable(DAY, b"garbage")
    assert files(tmp_path) == {f"{DAY}/1.1", "2022-11-07/1.2", f"{DAY}/unreadable"}
    assert (tmp_path / DAY / "1.1").read_bytes() == b"one\nafter midnight\n"


def test_more_markets_than_files_may_be_open_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "OPEN_FILES", 2)
    with Recorder(tmp_path) as recorder:
        for line in (b"a", b"b"):
            for market in range(5):
                recorder.write(f"1.{market}", DAY, line)
    assert {path.read_bytes() for path in tmp_path.glob("*/*")} == {b"a\nb\n"}


def test_a_market_id_is_never_a_path(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.write("../../1.1", DAY, b"one")
    assert files(tmp_path) == {f"{DAY}/_._.._1.1"}


def test_a_closed_market_is_packed_and_its_plain_file_goes(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.write("1.1", DAY, OPEN)
        recorder.write("1.1", DAY, CLOSED)
        closing = recorder.close_market("1.1")
        assert closing is not None
        assert pack(closing) == tmp_path / DAY / "1.1.bz2"
        assert recorder.close_market("1.1") is None
        assert recorder.close_market("1.7") is None
    assert files(tmp_path) == {f"{DAY}/1.1.bz2"}
    assert bz2.decompress((tmp_path / DAY / "1.1.bz2").read_bytes()) == OPEN + b"\n" + CLOSED + b"\n"


def test_what_comes_after_that_is_packed_behind_it(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        for line in (b"one", b"two"):
            recorder.write("1.1", DAY, line)
            closing = recorder.close_market("1.1")
            assert closing is not None
            pack(closing)
    assert bz2.decompress((tmp_path / DAY / "1.1.bz2").read_bytes()) == b"one\ntwo\n"


def test_another_process_goes_on_where_one_ended(tmp_path: Path) -> None:
    for line in (OPEN, b"two"):
        with Recorder(tmp_path) as recorder:
            recorder.write("1.1", "2022-11-07" if line == b"two" else DAY, line)
    assert (tmp_path / DAY / "1.1").read_bytes() == OPEN + b"\ntwo\n"
    with Recorder(tmp_path) as recorder:
        assert recorder.unfinished() == [tmp_path / DAY / "1.1"]


@pytest.mark.parametrize("torn", [b"", b"{", OPEN[:40], CLOSED])
def test_a_line_that_a_crash_cut_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / DAY).mkdir()
    (tmp_path / DAY / "1.1").write_bytes(OPEN + b"\n" + torn)
    with Recorder(tmp_path) as recorder:
        recorder.write("1.1", DAY, b"next")
    assert (tmp_path / DAY / "1.1").read_bytes() == OPEN + b"\nnext\n"


def test_a_market_that_closed_before_the_process_ended_is_packed_at_a_later_start(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.write("1.1", DAY, OPEN)
        recorder.write("1.1", DAY, CLOSED)
    path = tmp_path / DAY / "1.1"
    with Recorder(tmp_path) as recorder:
        assert recorder.unfinished() == [path]  # its last events may not have reached Kafka
    long_ago = time.time() - UNSURE_SECONDS - 1
    os.utime(path, (long_ago, long_ago))
    with Recorder(tmp_path) as recorder:
        assert recorder.unfinished() == []
        pack_all(recorder)
    assert files(tmp_path) == {f"{DAY}/1.1.bz2"}


def test_a_market_of_days_ago_is_packed_whatever_became_of_it(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.write("1.1", DAY, OPEN)
        recorder.write("1.2", DAY, OPEN)
    os.utime(tmp_path / DAY / "1.1", (0, 0))
    with Recorder(tmp_path) as recorder:
        assert recorder.unfinished() == [tmp_path / DAY / "1.2"]
        pack_all(recorder)
    assert files(tmp_path) == {f"{DAY}/1.1.bz2", f"{DAY}/1.2"}


def test_a_file_that_is_being_packed_is_not_replaced(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        recorder.write("1.1", DAY, OPEN)
        closing = recorder.close_market("1.1")
        recorder.write("1.1", DAY, CLOSED)
        assert recorder.close_market("1.1") is None
        assert closing is not None
        pack(closing)
        closing = recorder.close_market("1.1")
        assert closing is not None
        pack(closing)
    assert bz2.decompress((tmp_path / DAY / "1.1.bz2").read_bytes()) == OPEN + b"\n" + CLOSED + b"\n"


@pytest.mark.parametrize("replaced", [False, True])
def test_killed_while_packing_the_next_start_ends_it_and_nothing_is_there_twice(
    tmp_path: Path, replaced: bool
) -> None:
    day = tmp_path / DAY
    day.mkdir()
    (day / "1.1.closing").write_bytes(OPEN + b"\n")
    (tmp_path / ".1.1.bz2.packing").write_bytes(b"half")
    if replaced:
        (day / "1.1.bz2").write_bytes(bz2.compress(OPEN + b"\n"))
    with Recorder(tmp_path) as recorder:
        assert recorder.unfinished() == []
        pack_all(recorder)
    assert {path.name for path in tmp_path.iterdir()} == {DAY, ".lock"}
    assert files(tmp_path) == {f"{DAY}/1.1.bz2"}
    assert bz2.decompress((day / "1.1.bz2").read_bytes()) == OPEN + b"\n"


def test_a_disk_that_takes_no_more_is_one_line(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder:
        (tmp_path / DAY).write_bytes(b"a file where the folder should be")
        with pytest.raises(FeedError, match=r"1\.1: cannot be written: .*; see to the disk"):
            recorder.write("1.1", DAY, OPEN)


def test_two_feeds_do_not_record_into_one_folder(tmp_path: Path) -> None:
    with (
        Recorder(tmp_path),
        pytest.raises(FeedError, match="another feed records there; give --record another"),
    ):
        Recorder(tmp_path)
    Recorder(tmp_path).close()


def test_files_that_are_no_recordings_are_left_as_they_are(tmp_path: Path) -> None:
    foreign = {
        f"{DAY}/notes.closing": b"mine",
        f"{DAY}/notes": b"a line\nand its torn end",
        f"{DAY}/1.1.json": b"{}\n{",
        f"{DAY}/1.1.bz2.old": b"old",
        "photos/1.1": b"in a folder of no day",
        "photos/1.2.closing": b"nor is this",
        "20221106/1.3": b"torn",
        ".mine.packing": b"another program's",
    }
    for name, content in foreign.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / DAY / "1.9").mkdir()
    with Recorder(tmp_path) as recorder:
        assert recorder.unfinished() == []
        recorder.write("1.1", DAY, OPEN)
    assert {name: (tmp_path / name).read_bytes() for name in foreign} == foreign
    assert files(tmp_path) - foreign.keys() == {f"{DAY}/1.1", f"{DAY}/1.9"}
