"""One real Kafka node on 127.0.0.1: start it, wait until it answers, stop it, bring it back on its data."""

import base64
import os
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.kafka.jars import KafkaUnavailableError, fetch_jars, missing_tools

HOST = "127.0.0.1"
LOGGING = Path(__file__).with_name("log4j2.properties")
TEMPLATE = Path(__file__).with_name("server.properties")
HEAP = ("-Xmx1g", "-XX:+UseSerialGC")


class SingleNode:
    """A broker and controller in one process, whose settings, data, log and process id live in `folder`.

    Ports not given are free ones. A node is a context manager: it runs inside the `with` block. Its process
    outlives the interpreter unless stopped, so another process can stop it by the same folder.
    """

    def __init__(self, folder: Path, *, port: int | None = None, controller_port: int | None = None) -> None:
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.controller_port = controller_port or free_port()
        self._child: int | None = None

    @property
    def bootstrap(self) -> str:
        """The address for `bootstrap.servers`."""
        return f"{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What the node and its formatting wrote."""
        return self.folder / "kafka.log"

    @property
    def pid(self) -> int | None:
        """The id of the running node, or None. A process that is not this folder's node never counts."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self._config) in command else None

    def start(self, timeout: float = 60) -> Self:
        """Start the node and wait until it answers a metadata request, at most `timeout` seconds.

        Raises:
            KafkaUnavailableError: no Java or Maven, a taken port, a node that runs already, died or is mute.
        """
        if reason := missing_tools():
            raise KafkaUnavailableError(reason)
        if (pid := self.pid) is not None:
            raise KafkaUnavailableError(
                f"a node already runs on {self.folder} (process {pid}): stop it first"
            )
        for port in (self.port, self.controller_port):
            _require_free(port)
        classpath = f"{fetch_jars()}/*"
        self._configure(classpath)
        self._child = self._spawn(self._java(classpath, "kafka.Kafka", str(self._config)))
        self._pid_file.write_text(str(self._child), encoding="ascii")
        try:
            self._wait_until_up(timeout)
        except BaseException:  # an interrupt too: nobody else knows the process yet
            self.stop()
            raise
        return self

    def stop(self, *, abruptly: bool = False, timeout: float = 30) -> None:
        """Stop the node cleanly, or `abruptly` as a crash does (SIGKILL). None running is no error."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL if abruptly else signal.SIGTERM)
            deadline = time.monotonic() + timeout
            while self.pid is not None and time.monotonic() < deadline:
                time.sleep(0.05)
            if self.pid is not None:
                os.kill(pid, signal.SIGKILL)
        if self._child is not None:
            self.wait()
        self._pid_file.unlink(missing_ok=True)

    def restart(self, *, abruptly: bool = False) -> None:
        """Take the broker away and bring it back with the same address and data."""
        self.stop(abruptly=abruptly)
        self.start()

    def wait(self) -> int:
        """Wait for the node started here to end and return its exit status."""
        if self._child is None:
            raise KafkaUnavailableError("this node was not started by this process")
        _, status = os.waitpid(self._child, 0)
        self._child = None
        return os.waitstatus_to_exitcode(status)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _config(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "kafka.pid"

    def _java(self, classpath: str, *arguments: str) -> list[str]:
        return ["java", *HEAP, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", classpath, *arguments]

    def _spawn(self, command: list[str]) -> int:
        """Start it in a session of its own: a Ctrl-C must not take the broker before its clients."""
        writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        files = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(self.log), writing, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        return os.posix_spawnp(command[0], command, os.environ, file_actions=files, setsid=True)

    def _configure(self, classpath: str) -> None:
        """Write the settings, and format the data folder the first time."""
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        text = TEMPLATE.read_text(encoding="utf-8")
        values = {"HOST": HOST, "PORT": self.port, "CONTROLLER": self.controller_port, "DATA": data}
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        self._config.write_text(text, encoding="utf-8")
        if (data / "meta.properties").exists():
            return
        # One argument, because an id may begin with a dash.
        identity = f"--cluster-id={_cluster_id()}"
        command = ["kafka.tools.StorageTool", "format", identity, "-c", str(self._config)]
        with self.log.open("ab") as log:
            done = subprocess.run(self._java(classpath, *command), stdout=log, stderr=log, check=False)
        if done.returncode:
            raise KafkaUnavailableError(f"Kafka could not format {data}:\n{self._last_words()}")

    def _wait_until_up(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not answers(self.bootstrap):
            if self.pid is None:
                raise KafkaUnavailableError(
                    f"Kafka ended while starting; {self.log} ends with:\n{self._last_words()}"
                )
            if time.monotonic() > deadline:
                raise KafkaUnavailableError(f"Kafka did not answer within {timeout:g} s; see {self.log}")

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-15:])


def answers(bootstrap: str, timeout: float = 0.5) -> bool:
    """Whether a broker at `bootstrap` answers a metadata request within `timeout` seconds."""
    try:
        # Closed here: left to the collector, a client whose broker is gone by then can hang.
        with AdminClient({"bootstrap.servers": bootstrap, "log_level": 0}) as client:
            return bool(client.list_topics(timeout=timeout).brokers)
    except KafkaException:
        return False


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise KafkaUnavailableError(f"port {port} of {HOST} is taken: give another one") from error


def _cluster_id() -> str:
    """Kafka's text form of a random UUID: 16 bytes in URL-safe base 64 without padding."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")
