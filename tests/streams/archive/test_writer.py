from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import default_codec
from schemas.errors import ArchiveError, StoreError
from streams.archive.container import Record
from streams.archive.manifest import HOUR_MS
from streams.archive.reader import Archive
from streams.archive.store import FolderStore
from streams.archive.upkeep import problems
from streams.archive.writer import PartitionWriter
from tests.streams.events import odds, price

HISTORY = default_codec().history
TOPIC, PARTITION = "racing.odds", 3
BEGAN = 1_700_000_000_000 // HOUR_MS * HOUR_MS


def record(offset: int, hour: int = 0, value: bytes | None = b"rubbish") -> Record:
    headers = (("ce_id", b"1"), ("empty", None)) if offset % 3 == 0 else ()
    return Record(TOPIC, PARTITION, offset, BEGAN + hour * HOUR_MS + offset, b"race", value, headers)


def wire(offset: int) -> bytes:
    return default_codec().encode("OddsUpdate", odds([price("1", 3.0), price("2", 4.0)], offset))


def writer(store: FolderStore, topic_id: str = "one") -> PartitionWriter:
    return PartitionWriter(store, TOPIC, topic_id, PARTITION, HISTORY)


def read(store: FolderStore) -> list[Record]:
    return list(Archive(store).records(TOPIC, PARTITION))


def files(root: Path) -> list[str]:
    return sorted(str(file.relative_to(root)) for file in root.rglob("*.avro"))


class KilledError(BaseException):
    """What a process that is killed does: nothing more."""


class Cut(FolderStore):
    """A folder that is cut off after so many bytes: the file at hand is left torn, nothing follows."""

    def __init__(self, root: Path, bytes_left: int) -> None:
        super().__init__(root)
        self._left = bytes_left

    def put(self, path: str, data: bytes) -> None:
        self._spend(path, data)
        super().put(path, data)
        self._spend(path, b"x")

    def put_new(self, path: str, data: bytes) -> None:
        self._spend(path, data)
        super().put_new(path, data)
        self._spend(path, b"x")

    def delete(self, path: str) -> None:
        self._spend(path, b"x")
        super().delete(path)

    def _spend(self, path: str, data: bytes) -> None:
        if self._left < len(data):
            torn = self._root / (path.rpartition("/")[0] + "/.torn-0")
            torn.parent.mkdir(parents=True, exist_ok=True)
            torn.write_bytes(data[: self._left])
            raise KilledError
        self._left -= len(data)


def test_records_come_back_as_they_lay_on_kafka(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    given = [
        record(5, value=wire(5)), record(6, value=None), record(7), record(8, value=wire(8)),
        record(9, value=b""), Record(TOPIC, PARTITION, 10, BEGAN, None, wire(10), (("a", b"1"), ("a", b"2"))),
    ]  # fmt: skip
    writing = writer(store)
    for each in given:
        writing.add(each)
    assert writing.flush() == 11
    assert read(store) == given
    assert list(problems(Archive(store))) == []


def test_an_hour_that_is_over_is_one_file_a_schema(tmp_path: Path) -> None:
    store, writing = FolderStore(tmp_path), writer(FolderStore(tmp_path))
    given = [record(n, hour=n // 40, value=wire(n) if n % 2 else b"rubbish") for n in range(100)]
    for each in given:
        writing.add(each)
        if each.offset % 7 == 0:
            writing.flush()
    writing.flush()
    hours = sorted((tmp_path / TOPIC / "003").iterdir())
    assert [len(list(hour.glob("*.avro"))) for hour in hours[:-1]] == [2, 2]
    assert read(store) == given
    assert list(problems(Archive(store))) == []


def test_a_record_of_an_earlier_hour_stays_in_the_order_of_offsets(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    given = [record(0, hour=1), record(1, hour=0), record(2, hour=1)]
    writing = writer(store)
    for each in given:
        writing.add(each)
    writing.flush()
    assert read(store) == given
    assert len(files(tmp_path)) == 1


def test_an_hour_that_a_clock_ahead_of_the_brokers_closed_is_opened_again(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    writing = writer(store)
    for offset in range(6):
        writing.add(record(offset, hour=offset // 5))
        writing.flush()
        writing.close_before("2100-01-01T00")
    assert read(store) == [record(n, hour=n // 5) for n in range(6)]
    assert len(files(tmp_path)) == 2
    assert list(problems(Archive(store))) == []


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 60_000), every=st.integers(1, 9), second=st.integers(0, 60_000))
def test_cut_at_any_byte_and_started_again_the_content_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, cut: int, every: int, second: int
) -> None:
    root = tmp_path_factory.mktemp("cut")
    given = [record(n, hour=n // 12, value=WIRES[n] if n % 5 else b"rubbish") for n in range(30)]
    # The process is killed here, not the machine: what was written is there, synced or not.
    monkeypatched = pytest.MonkeyPatch()
    monkeypatched.setattr("os.fsync", lambda _handle: None)
    for left in (cut, second, 1 << 30):
        cutting = Cut(root, left)
        try:
            writing = writer(cutting)
            for each in given[writing.next_offset or 0 :]:
                writing.add(each)
                if each.offset % every == 0:
                    writing.flush()
            writing.flush()
        except KilledError:
            continue
    monkeypatched.undo()
    store = FolderStore(root)
    assert read(store) == given
    assert list(problems(Archive(store))) == []
    assert not list(root.rglob(".torn-*"))
    shutil.rmtree(root)


WIRES = [wire(n) for n in range(30)]


class Away(FolderStore):
    """A folder that refuses for a while."""

    refusing = False
    after = 0

    def put(self, path: str, data: bytes) -> None:
        self._refuse(path)
        super().put(path, data)

    def put_new(self, path: str, data: bytes) -> None:
        self._refuse(path)
        super().put_new(path, data)

    def _refuse(self, path: str) -> None:
        self.after -= 1
        if self.refusing and self.after < 0:
            raise StoreError(f"{path}: cannot be written: No space left on device")


@pytest.mark.parametrize("after", [0, 1])
def test_a_full_disk_loses_nothing_and_is_caught_up_with(tmp_path: Path, after: int) -> None:
    store = Away(tmp_path)
    writing = writer(store)
    writing.add(record(0))
    store.refusing, store.after = True, after
    with pytest.raises(StoreError, match="No space left"):
        writing.flush()
    store.after = 0
    with pytest.raises(StoreError):
        writing.add(record(1))
    store.refusing = False
    for offset in range(1, 4):
        writing.add(record(offset))
    assert writing.flush() == 4
    assert read(store) == [record(n) for n in range(4)]
    assert list(problems(Archive(store))) == []


def test_what_is_archived_already_is_not_taken_in_again(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for offsets in (range(5), range(3, 8)):
        writing = writer(store)
        for offset in offsets:
            writing.add(record(offset))
        writing.flush()
    assert [each.offset for each in read(store)] == list(range(8))


def test_offsets_that_the_broker_no_longer_had_are_named_and_not_counted_as_missing(tmp_path: Path) -> None:
    store, writing = FolderStore(tmp_path), writer(FolderStore(tmp_path))
    writing.add(record(0))
    writing.flush()
    writing = writer(store)
    writing.begin(10)
    writing.add(record(10))
    writing.add(record(12))
    writing.flush()
    assert [each.offset for each in read(store)] == [0, 10, 12]
    assert writing.manifest is not None
    assert writing.manifest.absent == [(1, 10), (11, 12)]
    assert list(problems(Archive(store))) == []


def test_a_topic_made_anew_is_not_mixed_with_the_one_before(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    writing = writer(store)
    writing.add(record(0))
    writing.flush()
    with pytest.raises(ArchiveError, match="deleted and made anew"):
        writer(store, "two")


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format":1}'])
def test_a_damaged_manifest_is_made_anew_from_the_files(tmp_path: Path, damage: bytes) -> None:
    store = FolderStore(tmp_path)
    writing = writer(store)
    for offset in range(6):
        writing.add(record(offset, value=WIRES[offset] if offset % 2 else b"rubbish"))
        if offset % 3 == 2:
            writing.flush()
    for manifest in tmp_path.rglob("manifest.json"):
        manifest.write_bytes(damage)
    writing = writer(store)
    assert writing.next_offset == 6
    writing.add(record(6))
    writing.flush()
    assert [each.offset for each in read(store)] == list(range(7))
    assert list(problems(Archive(store))) == []


def test_with_a_damaged_manifest_and_a_damaged_file_what_is_behind_it_is_wanted_again(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    writing = writer(store)
    for offset in range(6):
        writing.add(record(offset))
        writing.flush()
    next(tmp_path.rglob("*0003-raw.avro")).write_bytes(b"rubbish")
    next(tmp_path.rglob("manifest.json")).write_bytes(b"rubbish")
    assert writer(store).next_offset == 3
    assert [each.offset for each in read(store)] == [0, 1, 2]
