"""The worker's functions in a Quix Streams program, message by message, with states in its state store."""

import gc
import json
import sys
import tempfile
import threading
from itertools import count
from typing import Any

from quixstreams import Application

from schemas.codec import default_codec
from streams import engine
from streams.engine import Located
from streams.race import Race
from streams.scoring import default_scorer
from streams.state import RaceState, dump, load
from streams.statements import prediction
from topics.catalogue import CARDS, ODDS, PREDICTIONS

CHECKPOINT_SECONDS = 0.25
STATE = "race"

codec, scorer, offsets = default_codec(), default_scorer(), count()


def work(value: bytes, state: Any) -> list[bytes]:
    name, event = codec.decode(value)
    race_id = event["race_id"]
    stored = state.get_bytes(STATE)
    race = Race(load(stored) if stored else RaceState(race_id))
    outcome = engine.run([Located(name, event, name, 0, next(offsets))], {race_id: race}, scorer)
    state.set_bytes(STATE, dump(race.state))
    return [codec.encode("Prediction", prediction(statement)) for statement in outcome.statements]


def program(bootstrap: str, prefix: str, group: str, folder: str) -> Application:
    app = Application(
        broker_address=bootstrap,
        consumer_group=group,
        auto_offset_reset="earliest",
        commit_interval=CHECKPOINT_SECONDS,
        state_dir=folder,
        loglevel="WARNING",
        producer_extra_config={"partitioner": "murmur2_random", "compression.type": "lz4"},
    )
    given = {"key_deserializer": "bytes", "value_deserializer": "bytes"}
    cards, odds = (app.dataframe(app.topic(prefix + topic.name, **given)) for topic in (CARDS, ODDS))
    predictions = app.topic(prefix + PREDICTIONS.name, key_serializer="bytes", value_serializer="bytes")
    cards.concat(odds).apply(work, stateful=True, expand=True).to_topic(predictions)
    return app


def main() -> None:
    wanted = json.loads(sys.stdin.readline())
    with tempfile.TemporaryDirectory(prefix="hpr-quix-") as folder:
        app = program(folder=folder, **wanted)
        threading.Thread(target=lambda: (sys.stdin.readline(), app.stop()), daemon=True).start()
        # The same settings of the collector as the worker's.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000)
        print(json.dumps({"ready": True}), flush=True)
        app.run()


if __name__ == "__main__":
    main()
