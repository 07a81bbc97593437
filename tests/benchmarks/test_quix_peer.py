"""The Quix Streams program but for Quix Streams itself, which `make bench` installs and runs."""

import importlib.util
import sys
from types import ModuleType, SimpleNamespace

import pytest

from benchmarks.backlog import encoded
from benchmarks.environments import PEERS
from benchmarks.market import race_ids
from schemas.codec import default_codec
from schemas.identity import MICROS
from streams.replay import Races

NOW = 1_700_000_000 * MICROS


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setitem(sys.modules, "quixstreams", SimpleNamespace(Application=object))
    spec = importlib.util.spec_from_file_location("quix_peer", PEERS / "quix" / "quix_peer.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Store(dict[str, bytes]):
    """A state store of one key's state, as Quix Streams gives it to a function."""

    get_bytes = dict.get
    set_bytes = dict.__setitem__


def test_message_by_message_it_predicts_as_the_worker_does_from_states_in_its_store(peer: ModuleType) -> None:
    backlog, codec = encoded(race_ids(0, 2), 20, NOW, 60 * MICROS), default_codec()
    stores = {race_id: Store() for race_id in race_ids(0, 2)}
    records = [*backlog.cards, *backlog.odds]
    made = [value for key, record in records for value in peer.work(record, stores[key.decode()])]
    predictions = [codec.decode(value) for value in made]
    assert {name for name, _ in predictions} == {"Prediction"}
    races, wanted = Races(), []
    for offset, (_, record) in enumerate(records):
        name, event = codec.decode(record)
        outcome = peer.engine.run([peer.Located(name, event, name, 0, offset)], races, peer.scorer)
        wanted += outcome.statements
    assert len(predictions) == len(wanted) > 20
    found = [peer.prediction(statement)["event_id"] for statement in wanted]
    assert [event["event_id"] for _, event in predictions] == found
