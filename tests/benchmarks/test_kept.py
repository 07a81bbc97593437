from pathlib import Path

from benchmarks.archive import archive, size_row, wire
from benchmarks.kept import real_odds
from schemas.codec import default_codec
from streams.archive.reader import Archive
from streams.archive.store import FolderStore
from streams.archive.upkeep import problems

MARKET = "1.132153978.bz2"


def test_copies_of_odds_are_events_of_their_own(captures: Path) -> None:
    once, thrice = real_odds([captures / "win" / MARKET]), real_odds([captures / "win" / MARKET], 3)
    assert len(thrice.records) == 3 * len(once.records) == len({e["event_id"] for e in thrice.events})
    assert thrice.rows == 3 * once.rows > len(thrice.records)
    assert [record.offset for record in thrice.records] == list(range(len(thrice.records)))
    assert default_codec().decode(thrice.records[-1].value or b"")[1] == thrice.events[-1]


def test_what_is_measured_is_a_whole_archive(captures: Path, tmp_path: Path) -> None:
    file = captures / "win" / MARKET
    archive(tmp_path, list(wire([file])))
    assert list(problems(Archive(FolderStore(tmp_path)))) == []
    assert size_row(tmp_path, [file]).theirs > 0.09
