import json
import threading
import time
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection, serve

from benchmarks import fanout
from benchmarks.environments import Peer, PeerError
from benchmarks.fanout import Figures, built, now, processor_seconds, resident_kib, rows, template, view
from schemas.codec import default_codec

RACE = "BEL-20000101-01"


def test_a_race_of_the_load_is_a_record_and_its_frame_differs_only_by_the_revision() -> None:
    assert default_codec().encode("RaceView", view(RACE, 7))
    frame = template(RACE)
    assert frame.count("@") == 1
    pushed = json.loads(frame.replace("@", "7"))["push"]
    assert (pushed["channel"], pushed["state"]["revision"]) == (f"race:{RACE}", 7)
    assert len(pushed["state"]["runners"]) == 12


def test_ours_stands_beside_the_bounds_and_beside_each_peer() -> None:
    ours = Figures(20_000.0, 15.0, 40.0, 300.0, 9.0, 1.0)
    theirs = Figures(10_000.0, 20.0, 80.0, 600.0, 18.0, 1.0)
    found = {(row.what, row.peer): row.ratio for row in rows({"hpr": [ours], "peer": [theirs]})}
    assert found["latest frame at 20,000/s", "1 s"] == 0.3
    assert found["memory a connection", "25 KiB"] == 0.36
    assert found["frames, as fast as it goes", "peer"] == 2.0


def test_a_process_is_asked_for_its_memory_and_its_processor_time() -> None:
    import os

    assert resident_kib(os.getpid()) > 1000
    assert processor_seconds(os.getpid()) > 0


def test_a_peer_that_cannot_be_built_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sources" / "broken").mkdir(parents=True)
    (tmp_path / "sources" / "broken" / "main.go").write_text("no Go at all")
    (tmp_path / "bin").mkdir()
    go = tmp_path / "bin" / "go"
    go.write_text("#!/bin/sh\necho 'expected package' >&2\nexit 1\n")
    go.chmod(0o755)
    monkeypatch.setattr(fanout, "PEERS", tmp_path / "sources")
    monkeypatch.setattr(fanout, "ENVIRONMENTS", tmp_path / "made")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(PeerError, match="expected package"):
        built("broken")


def test_the_listeners_greet_answer_heartbeats_and_say_how_late_each_message_was() -> None:
    answered = threading.Event()

    def talk(socket: ServerConnection) -> None:
        assert socket.recv() == "hello"
        socket.send("{}")
        time.sleep(0.2)
        socket.send("{}")
        assert socket.recv() == "{}"
        answered.set()
        socket.send(json.dumps({"revision": now() - 50_000, "filler": "x" * 300_000}))
        socket.send("\n".join(json.dumps({"revision": now(), "filler": 1}) for _ in range(2)))
        socket.recv()

    with serve(talk, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with Peer("listeners") as listeners:
            port = server.socket.getsockname()[1]
            asked = {"port": port, "path": "/", "greetings": [["hello"]], "connections": 2}
            assert listeners.ask({"open": asked}) == 2
            read = listeners.ask({"read": {"frames": 6, "seconds": 20, "quiet": 10}})
        server.shutdown()
        thread.join()
    assert answered.is_set()
    assert (read["frames"], read["least"], read["open"]) == (6, 3, 2)
    assert read["max"] >= 50
