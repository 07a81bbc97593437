"""The whole stack on one machine: a broker, and one process each for feed, worker and gateway."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType, TracebackType

import httpx

from gateway.app import listen
from hpr.demo_account import how_to_sign_in
from hpr.settings import Settings
from schemas.errors import HprError
from topics import admin, embedded

READY_SECONDS = 90.0
LOCAL = "127.0.0.1"
END_SECONDS = 15.0


class Stack:
    """Starts on entering, ends all it started on leaving, in the order in which events flow."""

    def __init__(self, broker: str | None, settings: Settings, seed: int) -> None:
        self._settings = settings
        self._seed = seed
        self._embedded = None if broker else embedded.EmbeddedBroker()
        self._broker = broker or (self._embedded.bootstrap if self._embedded else "")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        # The embedded broker forgets everything; so must the form worker.
        self._scratch = tempfile.TemporaryDirectory(prefix="hpr-up-")
        self.address = ""
        self.sign_in: str | None = None
        self.notice = f"broker: {broker}" if broker else embedded.NOTICE

    def __enter__(self) -> "Stack":
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _start(self) -> None:
        settings = self._settings
        with listen(settings.host, settings.port) as free:
            port = free.getsockname()[1]
        if self._embedded is not None:
            names = [topic.name for topic in admin.wanted(settings.topic_prefix)]
            self._embedded.touch(names)
        else:
            admin.create(self._broker, settings.topic_prefix, settings.replication)
        self.sign_in = how_to_sign_in(settings)
        self._spawn("gateway", "gateway", "--host", settings.host, "--port", str(port))
        snapshot = str(Path(self._scratch.name, "form"))
        pages = [
            self._spawn_with_health("worker"),
            self._spawn_with_health("form", "--snapshot", snapshot),
        ]
        self._spawn("notifier", "notifier")
        self.address = f"http://{settings.host}:{port}"
        # Not before all are there: the first scratch is seconds away, and form has to be told by then.
        self._wait_until_ready([self.address, *pages])
        self._spawn("feed", "feed", "simulator", "--seed", str(self._seed))

    def _spawn(self, name: str, *arguments: str) -> None:
        settings = self._settings
        environment = {
            **os.environ,
            "HPR_BROKER": self._broker,
            "HPR_TOPIC_PREFIX": settings.topic_prefix,
            "HPR_LIVE_PREFIX": settings.topic_prefix,
            "HPR_LOG_LEVEL": settings.log_level,
            "HPR_LOG_FORMAT": settings.log_format,
            "HPR_REGISTRY_CACHE": settings.registry_cache,
            "HPR_DATABASE": settings.database,
            "HPR_SECRETS": settings.secrets,
            "HPR_MAILS": settings.mails,
        }
        if settings.registry is not None:
            environment["HPR_REGISTRY"] = settings.registry
        # A group of its own keeps the terminal's Ctrl-C from the child: it is ended in turn.
        self._processes[name] = subprocess.Popen(
            [sys.executable, "-m", "hpr", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _spawn_with_health(self, name: str, *arguments: str) -> str:
        """A process with health pages on this machine alone; their address."""
        with listen(LOCAL, 0) as free:
            port = free.getsockname()[1]
        self._spawn(name, name, *arguments, "--http-host", LOCAL, "--http-port", str(port))
        return f"http://{LOCAL}:{port}"

    def _wait_until_ready(self, addresses: list[str]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while addresses:
            self._check()
            if time.monotonic() > deadline:
                raise HprError(
                    f"not ready after {READY_SECONDS:g} s: {addresses[0]}; see the log lines above"
                )
            try:
                if httpx.get(f"{addresses[0]}/readyz", timeout=2.0).is_success:
                    addresses = addresses[1:]
                    continue
            except httpx.TransportError:
                pass
            time.sleep(0.2)

    def _check(self) -> None:
        for name, process in self._processes.items():
            if (status := process.poll()) is not None:
                raise HprError(f"{name} ended with status {status}; see the log lines above")

    def wait(self) -> None:
        """Block until interrupted; raises HprError if a part ends by itself."""
        while True:
            self._check()
            time.sleep(0.5)

    def _end(self) -> None:
        for name in ("feed", "form", "worker", "notifier", "gateway"):
            process = self._processes.get(name)
            if process is None or process.poll() is not None:
                continue
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._embedded is not None:
            self._embedded.close()
        self._scratch.cleanup()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
