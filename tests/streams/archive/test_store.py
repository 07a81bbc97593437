from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from schemas.codec import default_codec
from schemas.errors import StoreError
from streams.archive.container import Record
from streams.archive.reader import Archive
from streams.archive.store import FolderStore, MissingError, Store, TakenError, open_store
from streams.archive.upkeep import compact, problems
from streams.archive.writer import PartitionWriter

Open = Callable[[], Store]


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server that plays S3, with a bucket `races`."""
    import httpx

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.put(f"http://{host}:{port}/races").raise_for_status()
    yield f"http://{host}:{port}"
    server.stop()


def as_s3(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    settings = {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "REGION": "us-east-1"}
    for name, value in {**settings, "ENDPOINT": endpoint}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture(params=["folder", "s3"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    if request.param == "folder":
        return lambda: FolderStore(tmp_path)
    as_s3(monkeypatch, request.getfixturevalue("s3"))
    return lambda: open_store(f"s3://races/{tmp_path.name}")


def test_files_are_written_read_listed_and_deleted(opened: Open) -> None:
    store = opened()
    store.put("a/1/x", b"one")
    store.put("a/1/x", b"two")
    store.put_new("a/2/y", b"three")
    assert (store.get("a/1/x"), store.get("a/2/y")) == (b"two", b"three")
    assert (store.files("a"), store.folders("a"), store.files("a/1")) == ([], ["1", "2"], ["x"])
    store.delete("a/1/x")
    store.delete("a/1/x")
    assert store.folders("a") == ["2"]
    with pytest.raises(MissingError, match="no such file"):
        store.get("a/1/x")


def test_a_new_file_replaces_no_other_but_may_be_tried_again(opened: Open) -> None:
    store = opened()
    store.put_new("a/x", b"one")
    store.put_new("a/x", b"one")
    with pytest.raises(TakenError, match="somebody else"):
        store.put_new("a/x", b"two")
    assert store.get("a/x") == b"one"
    assert store.files("a") == ["x"]


def test_an_archive_is_the_same_in_either(opened: Open) -> None:
    store, history = opened(), default_codec().history
    given = [Record("racing.odds", 0, n, 3_600_000 * (n // 4), b"k", b"v%d" % n) for n in range(10)]
    writing = PartitionWriter(store, "racing.odds", "", 0, history)
    for record in given[:6]:
        writing.add(record)
    writing.flush()
    writing = PartitionWriter(store, "racing.odds", "", 0, history)
    assert writing.next_offset == 6
    for record in given[6:]:
        writing.add(record)
        writing.flush()
    archive = Archive(store)
    assert compact(archive, history) == 0
    assert list(archive.records("racing.odds", 0)) == given
    assert list(problems(archive)) == []
    assert (archive.topics(), archive.partitions("racing.odds")) == (["racing.odds"], [0])


def test_a_store_that_is_away_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    as_s3(monkeypatch, "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=r"^s3://races/x/a: cannot be written: [^\n]+$"):
        open_store("s3://races/x").put("a", b"")


def test_a_url_that_is_not_understood_is_one_clear_line() -> None:
    with pytest.raises(StoreError, match=r"^nowhere://x: no object store: [^\n]+$"):
        open_store("nowhere://x")


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match=r"cannot be written: Not a directory$"):
        FolderStore(tmp_path / "file").put("a/b", b"")
