from collections.abc import Callable

from feeds.us.chart import Paid, Place
from feeds.us.chart_files import Told, charts

Cells = Callable[..., list[str]]
HEAD = ["BEL", "20180929", "1", "D"]


def _told(*lines: list[str]) -> list[Told]:
    return [Told(f"file:{n}", line) for n, line in enumerate(lines, 1)]


def test_a_race_with_a_coupled_entry_a_scratch_and_a_disqualification(race: Cells, starter: Cells) -> None:
    parts = {
        "1": _told(race()),
        "2": _told(
            starter("Out", "SCR", "0", f8="99"),
            starter("Gone", "", "0", f8="99"),
            starter("Best (IRE)", "1", "1", f6="IRE"),
            starter("Bumper", "2", "2", f61="3", f41="Y"),
            starter("Mate", "1A", "3", f61="2", f73="2.00"),
            starter("Lost", "4", "0"),
        ),
        "3": _told([*HEAD, "Best (IRE)", "IRE", "", "1", "7.20", "3.30", "2.60"]),
        "4": _told([*HEAD, "Exacta", "1.00", "16.80", "0", "1-1"]),
        "5": _told(
            [*HEAD, "Best (IRE)", "IRE", "", "1", "B", "DK B/", "20150316", "3", "C", "S", "D", "G (ire)"]
        ),
        "6": _told([*HEAD, "1", "BEST led. BUMPER bumped"], [*HEAD, "2", "MATE and was placed third."]),
    }
    (chart,), rejected = charts(parts)
    assert rejected == []
    out, gone, best, bumper, mate, lost = chart.starters
    assert gone.scratched
    assert (out.scratched, out.number, [s.name for s in chart.ran]) == (
        True, None, ["Best (IRE)", "Bumper", "Mate", "Lost"],
    )  # fmt: skip
    assert (best.horse_id, best.interest, mate.interest, bumper.interest) == ("BEST", "1", "1", None)
    assert (bumper.position, bumper.disqualified, mate.position, mate.disqualified) == (3, True, 2, False)
    assert (lost.position, lost.outcome) == (None, "did not finish")
    assert best.places == [
        Place(2.0, 2, 1.5, 22.35), Place(4.0, 1, 0.0, 44.57), Place(5.5, 1, 0.0), Place(6.5, 1, 0.0, 74.76),
    ]  # fmt: skip
    assert (best.color, best.sex, best.dam_sire) == ("DK B", "C", "G (ire)")
    assert bumper.comment == "3w upper, tired. Claimed. BUMPER bumped MATE and was placed third."
    assert chart.dividends == [
        Paid("WIN", "1", 7.2, 2.0), Paid("PLACE", "1", 3.3, 2.0), Paid("SHOW", "1", 2.6, 2.0),
        Paid("EXACTA", "1-1", 16.8, 1.0),
    ]  # fmt: skip


def test_lines_that_belong_nowhere_are_rejected_with_why(race: Cells, starter: Cells) -> None:
    parts = {
        "1": _told(race(), race(f2="soon"), ["BEL"]),
        "2": _told(
            starter("A", "1", "1"),
            starter("A", "2", "2"),
            starter("B", "3", "2", f3="9"),
            starter("", "4", "3"),
        ),
        "3": _told(
            [*HEAD, "Z", "", "", "1", "7.20", "", ""], ["SAR", *HEAD[1:], "A", "", "", "1", "2.20", "", ""]
        ),
    }
    (chart,), rejected = charts(parts)
    assert [s.name for s in chart.starters] == ["A"]
    reasons = " | ".join(reason for _, reason in rejected)
    for why in (
        "no day",
        "1 cells",
        "told twice",
        "race 9 is not",
        "without a name",
        "Z is not in",
        "another card",
    ):
        assert why in reasons
    assert len(rejected) == 7


def test_a_race_without_starters_is_none(race: Cells) -> None:
    assert charts({"1": _told(race())}) == ([], [])
