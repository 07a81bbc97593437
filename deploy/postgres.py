"""One PostgreSQL cluster on 127.0.0.1 with data of its own, for tests and development; gone when left."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
INSTALLED = Path("/usr/lib/postgresql")
START_SECONDS = 30.0
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
"""What a cluster that is thrown away can do without."""


class PostgresUnavailableError(Exception):
    """No PostgreSQL here, or it did not start; the message says what to do."""


def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs, or None."""
    folders = [found.parent for found in INSTALLED.glob("*/bin/initdb")]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


def missing() -> str | None:
    """Why there can be no cluster, or None."""
    return None if programs() else "no PostgreSQL: install the Debian package postgresql"


class Cluster:
    """A cluster that runs inside the `with` block, as an unprivileged user where root calls it.

    `settings` are PostgreSQL's own; without the usual ones it is as durable as an installed one.
    """

    def __init__(self, settings: Sequence[str] = QUICK) -> None:
        self._settings = settings
        self._bin = programs()
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        if self._bin is None:
            raise PostgresUnavailableError(missing())
        self._folder = Path(tempfile.mkdtemp(prefix="hpr-postgres-"))
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        try:
            self._run(
                "initdb", "--auth=trust", "--username=hpr", "--encoding=UTF8", "--no-sync", "-D", "data"
            )
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            # At once: what it holds goes with it.
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """URL of the database `name`."""
        return f"postgresql://hpr@{HOST}:{self.port}/{name}"

    def create(self) -> str:
        """Make an empty database under a name of its own; its URL."""
        name = f"t{uuid.uuid4().hex}"
        self._run("createdb", "-h", HOST, "-p", str(self.port), "-U", "hpr", name)
        return self.url(name)

    def empty(self, url: str) -> None:
        """Take every row out of every table of a database, but for its revision."""
        each = "SELECT string_agg(quote_ident(tablename), ',') FROM pg_tables WHERE schemaname = 'public'"
        names = f"({each} AND tablename <> 'alembic_version')"
        self._run("psql", "-q", "-d", url, "-c", f"DO $$ BEGIN EXECUTE 'TRUNCATE ' || {names}; END $$")

    def _start(self) -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        settings = (
            f"listen_addresses={HOST}",
            f"port={self.port}",
            "unix_socket_directories=",
            *self._settings,
        )
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [f"{self._bin}/postgres", "-D", "data", *(part for s in settings for part in ("-c", s))],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                user=self._user,
                group=self._user,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
                raise PostgresUnavailableError(f"PostgreSQL did not start:\n{said[-2000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        asked = [f"{self._bin}/pg_isready", "-q", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [f"{self._bin}/{program}", *arguments],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            user=self._user,
            group=self._user,
        )
        if done.returncode:
            raise PostgresUnavailableError(f"{program} failed: {done.stderr.strip()}")
