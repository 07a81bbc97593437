"""A registry elsewhere: what a worker reads of it waits for no network, and outlives its absence."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import json

from models.belief import FormModel
from models.registry import Entry, FolderStore, Registry, shipped
from schemas.errors import LibraryError, ModelError
from streams import followed
from streams.followed import LACKING_LOOKS, Followed
from tests.integration.services import wait_until


class Elsewhere(FolderStore):
    """A folder that can be away, and counts who asks it for a model and on which thread."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.away = False
        self.fault: Exception | None = None
        """What goes wrong instead of an answer."""
        self.asked: list[str] = []
        self.threads: set[str] = set()

    def log(self) -> list[Entry]:
        self._answer()
        return super().log()

    def model(self, version: str) -> FormModel:
        self.asked.append(version)
        self._answer()
        return super().model(version)

    def _answer(self) -> None:
        self.threads.add(threading.current_thread().name)
        if self.away:
            raise LibraryError("MLflow at http://127.0.0.1:5000 does not answer: start it")
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def store(tmp_path: Path) -> Elsewhere:
    return Elsewhere(tmp_path / "models")


def another(name: str) -> bytes:
    """An artefact of its own."""
    return json.encode({**json.decode(shipped().data), "trained_on": name})


def test_the_log_is_as_of_the_last_look_and_models_are_at_hand_before_it_counts(store: Elsewhere) -> None:
    here, there = Followed(store), Registry(store)
    here.look()
    version = there.add(another("one"))
    there.act("promote", "CHAMPION", version)
    assert here.log() == []
    here.look()
    store.asked.clear()
    store.away = True
    assert Registry(here).choice("CHAMPION")[:3] == (1, "guide", version)
    assert store.asked == []


def test_while_it_is_away_all_stays_as_it_was(store: Elsewhere) -> None:
    here = Followed(store)
    Registry(store).act("promote", "CHAMPION", Registry(store).add(another("one")))
    here.look()
    before = here.log()
    store.away = True
    here.look()
    assert here.log() == before
    store.away = False
    Registry(store).rollback()
    here.look()
    assert Registry(here).choice("CHAMPION").version == shipped().version


def test_never_reached_it_says_so_and_is_read_once_it_is_there(store: Elsewhere) -> None:
    store.away = True
    here = Followed(store)
    here.look()
    with pytest.raises(LibraryError, match="does not answer"):
        here.log()
    store.away = False
    here.look()
    assert here.log() == []


def test_a_damaged_log_is_as_one_that_is_away(store: Elsewhere) -> None:
    store.fault = ModelError("the log in MLflow is damaged: mend its tag")
    here = Followed(store)
    here.look()
    with pytest.raises(LibraryError, match="is damaged: mend its tag"):
        here.log()
    store.fault = None
    here.look()
    assert here.log() == []


def test_a_model_that_cannot_be_had_is_asked_for_once_and_then_beside_the_stream(store: Elsewhere) -> None:
    version = FolderStore.add(store, another("one"))
    here = Followed(store)
    here.look()
    store.away = True
    for _ in range(3):
        with pytest.raises(ModelError, match=f"^model {version} cannot be fetched now$"):
            here.model(version)
    assert store.asked == [version]
    here.look()
    store.away = False
    here.look()
    assert here.model(version).version == version


def test_the_stream_waits_for_a_model_only_so_long(store: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    version = FolderStore.add(store, another("one"))
    monkeypatch.setattr(followed, "PATIENCE_SECONDS", 0.05)
    answered = threading.Event()
    slow = store.model
    monkeypatch.setattr(store, "model", lambda version: answered.wait(30) and slow(version))
    here = Followed(store)
    for _ in range(2):
        with pytest.raises(ModelError, match=f"^model {version} cannot be fetched now$"):
            here.model(version)
    answered.set()
    wait_until(lambda: version in here._models, "it has come", 10)
    assert here.model(version).version == version


def test_a_damaged_model_is_tried_again_now_and_then(store: Elsewhere, tmp_path: Path) -> None:
    version = store.add(another("one"))
    Registry(store).act("promote", "CHAMPION", version)
    path = tmp_path / "models" / f"{version}.json"
    path.write_bytes(b"{}")
    here = Followed(store)
    store.asked.clear()
    for _ in range(LACKING_LOOKS):
        here.look()
    with pytest.raises(ModelError, match="is corrupt"):
        Registry(here).choice("CHAMPION")
    assert store.asked == [version]
    path.write_bytes(another("one"))
    here.look()
    assert Registry(here).choice("CHAMPION").version == version


@pytest.fixture
def running(store: Elsewhere) -> Iterator[Followed]:
    here = Followed(store, seconds=0.01).start()
    yield here
    here.stop()


def test_a_thread_of_its_own_looks(store: Elsewhere, running: Followed) -> None:
    version = store.add(another("one"))
    running.append(Entry(1, "promote", "CHAMPION", version))
    store.threads.clear()
    Registry(store).rollback()
    store.threads.clear()
    wait_until(lambda: Registry(running).choice("CHAMPION").number == 2, "the thread has looked", 10)
    assert "models" in store.threads
    assert running.versions() == [version]
    assert running.add(another("one")) == version


@pytest.mark.parametrize("fault", [ModelError("the log is damaged: mend its tag"), OSError("disk full")])
def test_whatever_goes_wrong_in_a_look_the_next_one_is_made(
    store: Elsewhere, running: Followed, fault: Exception
) -> None:
    store.fault = fault
    store.threads.clear()
    wait_until(lambda: "models" in store.threads, "the thread has met it", 10)
    store.fault = None
    store.append(Entry(1, "promote", "CHAMPION", shipped().version))
    wait_until(lambda: len(running.log()) == 1, "the thread has looked again", 10)


def test_a_model_that_the_disk_had_no_room_for_is_tried_again(store: Elsewhere) -> None:
    version = FolderStore.add(store, another("one"))
    here = Followed(store)
    here.look()
    store.fault = OSError("no space left on device")
    with pytest.raises(ModelError, match=f"^model {version} cannot be fetched now$"):
        here.model(version)
    store.fault = None
    for _ in range(LACKING_LOOKS):
        here.look()
    assert here.model(version).version == version
