"""Notes on people and breeding over half a year of real races: what adds up, and who is told what."""

import re
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from feeds.hong_kong.history import read
from models.form.assembly import assemble, starters
from models.guide.book import GuideBook
from models.interpreters.breeding import breeding
from models.interpreters.people import people
from models.tallies import total

FIRST, TOLD, LAST = date(2017, 1, 1), date(2017, 5, 1), date(2017, 7, 31)


@pytest.fixture(scope="module")
def records(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Meetings of half a year; the horses' profiles, and the results that say whose they are."""
    folder = tmp_path_factory.mktemp("records")
    (packed,) = (shared_data / "hkjc_meetings").glob("*.tar.xz")
    with tarfile.open(packed) as archive:
        for member in archive:
            name = Path(member.name).name
            content = archive.extractfile(member)
            if content is not None and FIRST.isoformat() <= name[:10] <= LAST.isoformat():
                (folder / name).write_bytes(content.read())
    for pattern in ("horse_profiles*", "results*"):
        for table in (shared_data / "hkjc_details").glob(pattern):
            (folder / table.name).symlink_to(table)
    return folder


@pytest.fixture(scope="module")
def learnt(records: Path) -> tuple[GuideBook, list[Any], list[Any], int]:
    """The book after half a year, notes of the last months on debutants and others, and races counted."""
    book, races = GuideBook(), 0
    debuts: list[Any] = []
    others: list[Any] = []

    def events() -> Any:
        for name, event in read(records, FIRST, LAST):
            if name == "HorseProfile":
                book.introduce(event)  # type: ignore[arg-type]
            yield name, event

    for race in assemble(events()):
        facts = starters(race)
        if facts.race_date >= TOLD:
            for runner in facts.runners:
                lines = book.before(runner.horse_id, facts.race_date.toordinal())
                found = [*people(runner, facts, lines, book), *breeding(runner, facts, lines, book)]
                (others if lines else debuts).extend(found)
        book.learn(facts, race.finish)
        races += all(each.odds > 1.0 for each in race.finish.runners)
    return book, debuts, others, races


@pytest.mark.data
def test_riders_with_trainers_win_as_often_as_the_odds_expect_on_the_whole(
    learnt: tuple[GuideBook, list[Any], list[Any], int],
) -> None:
    book, _, _, races = learnt
    tallies = [
        total(years.values())
        for key, years in book.together.tallies.items()
        if key.startswith("rider_trainer")
    ]
    together = total(tallies)
    assert races > 300
    assert together.share == pytest.approx(races, rel=0.01)
    assert together.wins == pytest.approx(races, rel=0.02)
    assert together.alone == 0.0


@pytest.mark.data
def test_debutants_are_told_of_their_sires_in_words_and_figures_that_agree(
    learnt: tuple[GuideBook, list[Any], list[Any], int],
) -> None:
    _, debuts, _, _ = learnt
    bred = [note for note in debuts if note["kind"] == "BREEDING"]
    assert len(bred) > 20
    for note in bred:
        value, low, high = map(
            float, re.findall(r"GSR (\d+) \((\d+) to (\d+); 100 is average\)\.$", note["text"])[0]
        )
        assert low <= value <= high
        assert (note["severity"] >= 0) == (value >= 100) or value == 100
        assert re.match(
            r"(By|Dam by) [A-Z].* (runners|on (wet|dry) (turf|dirt)) are worth \d\.\d times", note["text"]
        )


@pytest.mark.data
def test_of_pairs_few_leave_out_that_the_odds_are_right(
    learnt: tuple[GuideBook, list[Any], list[Any], int],
) -> None:
    """The public of Hong Kong knows its riders and trainers."""
    _, debuts, others, _ = learnt
    notes = [note for note in debuts + others if note["kind"] == "PEOPLE"]
    assert len(notes) < 100
    assert all("where the odds expected" in note["text"] for note in notes)


@pytest.mark.data
def test_families_of_profiles_are_whole(learnt: tuple[GuideBook, list[Any], list[Any], int]) -> None:
    book = learnt[0]
    families = list(book.families.values())
    assert sum(bool(each.sire and each.dam and each.dam_sire) for each in families) > 0.9 * len(families)
    assert all(each.sire == each.sire.upper() for each in families)
    assert date.fromordinal(book.since) >= FIRST
