"""What several test folders share: a real Kafka, Chromium and the real captures, or a reason to skip.

With HPR_NO_SKIP=1 (as in .ci/run) a test marked data, kafka or browser fails where it would have skipped.
"""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from deploy.kafka.jars import missing_tools
from deploy.kafka.node import SingleNode
from deploy.postgres import Cluster
from deploy.postgres import missing as postgres_missing
from gateway.database import Database
from gateway.migrations import migrate_now

# What a property's first example takes is the compiler's time, and no test judges a speed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FIXTURE_MARKS = {
    "kafka": "kafka",
    "chromium": "browser",
    "captures": "data",
    "shared_data": "data",
    "postgres": "postgres",
    "redis": "redis",
}


def _no_data() -> str | None:
    return None if (SHARED_DATA / "betfair_streams").is_dir() else "no real captures in ../shared/data"


def _no_chromium() -> str | None:
    return (
        None
        if _chromium()
        else "no chromium: install the Debian package chromium, or set CHROMIUM to its path"
    )


def _chromium() -> str | None:
    return shutil.which(os.environ.get("CHROMIUM") or "chromium")


def _no_redis() -> str | None:
    return (
        None if shutil.which("redis-server") else "no redis-server: install the Debian package redis-server"
    )


REASONS: dict[str, Callable[[], str | None]] = {
    "data": _no_data,
    "kafka": missing_tools,
    "browser": _no_chromium,
    "postgres": postgres_missing,
    "redis": _no_redis,
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever uses one of the fixtures carries its mark, so that `-m "not kafka"` means what it says.

    Of several processes one runs all that needs Kafka, one test at a time on one node; a file stays whole.
    """
    for item in items:
        for fixture in FIXTURE_MARKS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(FIXTURE_MARKS[fixture])
        item.add_marker(pytest.mark.xdist_group(_kin(item)))


def _kin(item: pytest.Item) -> str:
    """The tests that one process runs."""
    alone = item.get_closest_marker("kafka") or item.get_closest_marker("browser")
    return "services" if alone else str(item.path)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a marked test that cannot run on this machine."""
    for mark, reason_of in REASONS.items():
        if item.get_closest_marker(mark) and (reason := reason_of()):
            pytest.skip(reason)


def _skips_fail() -> bool:
    return os.environ.get("HPR_NO_SKIP") == "1"


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Under HPR_NO_SKIP=1 no whole file may skip: it could hide marked tests."""
    report = yield
    if report.skipped and _skips_fail():
        report.outcome = "failed"
        report.longrepr = f"a whole file skipped, but HPR_NO_SKIP=1 is set: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under HPR_NO_SKIP=1 turn the skip of a marked test, whatever it came from, into a failure."""
    report = yield
    marked = any(item.get_closest_marker(mark) for mark in REASONS)
    if report.skipped and marked and not hasattr(report, "wasxfail") and _skips_fail():
        report.outcome = "failed"
        report.longrepr = f"skipped, but HPR_NO_SKIP=1 is set: {call.excinfo and call.excinfo.value}"
    return report


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SingleNode]:
    """One real Kafka node a session, at `.bootstrap`. A test that takes a broker away starts its own."""
    with SingleNode(tmp_path_factory.mktemp("kafka")) as node:
        yield node


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One PostgreSQL cluster a session; `.create()` makes a database of its own and gives its URL."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The path of the Chromium to drive."""
    return Path(_chromium() or "chromium")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real racing data."""
    return SHARED_DATA


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of recorded Betfair streams, with `win`, `place`, `fragment` and `fixtures` in it."""
    return SHARED_DATA / "betfair_streams"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    migrate_now(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_migrated(postgres: Cluster) -> str:
    """The URL of a migrated PostgreSQL database, which tests take turns with."""
    url = postgres.create()
    migrate_now(url)
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated, empty database of the test's own: each test that asks runs on both kinds."""
    if request.param == "sqlite":
        file = tmp_path / "hpr.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        return f"sqlite:///{file}"
    url: str = request.getfixturevalue("postgres_migrated")
    cluster: Cluster = request.getfixturevalue("postgres")
    cluster.empty(url)
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated, empty database, on both kinds."""
    opened = Database(database_url)
    yield opened
    await opened.close()
