"""A rule tried on a day that an archive has."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.alerts.previews import BusyError, Previews, Where, find
from gateway.alerts.rules import Rule
from hpr.audit_self_test import DAY, play
from schemas.codec import default_codec
from streams.archive.reader import Archive
from streams.archive.store import FolderStore
from streams.sources import days

CODEC = default_codec()


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Where:
    """A simulated day, whose records were put into the archive in 1970."""
    monkeypatch.setattr(days, "EARLY", timedelta(days=30_000))
    play(tmp_path, 1, races=3)
    return Where("", "", str(tmp_path / "archive"), CODEC.history)


def _scratches(where: Where) -> int:
    archive = Archive(FolderStore(Path(str(where.archive))))
    name = "racing.scratches"
    records = [r for p in archive.partitions(name) for r in archive.records(name, p)]
    return sum(CODEC.decode(r.value or b"")[1]["action"] == "SCRATCHED" for r in records)


def test_every_kind_is_found_in_what_an_archive_has_of_the_day(where: Where) -> None:
    found = find(where, Rule(kind="SCRATCH"), DAY.date(), ())
    assert (found.preview.times, found.whole) == (_scratches(where), True)
    assert find(where, Rule(kind="OFF_SOON", threshold=2), DAY.date(), ()).preview.times == 3
    assert find(where, Rule(kind="VALUE", threshold=0.01), DAY.date(), ()).preview.times > 0
    assert find(where, Rule(kind="SCRATCH"), DAY.date() + timedelta(days=1), ()).preview.times == 0
    assert not find(where, Rule(kind="SCRATCH"), DAY.date(), (), seconds=0.0).whole


async def test_one_at_a_time() -> None:
    asked = Previews(Where("", "", ".", CODEC.history))
    async with asked._busy:
        with pytest.raises(BusyError, match="ask again"):
            await asked.find(Rule(kind="SCRATCH"), DAY.date(), ())
