"""Trips: comments in English and Chinese through one parser, what they cost or promise, and running style."""

import msgspec
import pytest

from models.guide.lines import Line
from models.interpreters.trips import trips

RAN = Line(
    day=1, track="HKST", furlongs=6.0, surface="TURF", going="GOOD", position=6, runners=12, lengths=4.0,
    price=9.0, early=5, rider="Z Purton", geared=False, weight=126.0,
)  # fmt: skip


def said(comment: str, position: int = 6) -> list[tuple[str, bool]]:
    line = msgspec.structs.replace(RAN, comments=comment, position=position)
    return [(note["text"], note["severity"] > 0.0) for note in trips([line])]


@pytest.mark.parametrize(
    ("comment", "text", "speaks_for"),
    [
        (
            "出閘緩慢，直路上受困，未能望空。",
            "Had trouble last time: short of room or hampered, slow away.",
            True,
        ),
        ("居中間位置，走第三疊，沒有遮擋。", "Had trouble last time: wide without cover.", True),
        ("末段以佳勢追前。", "Finished strongly last time.", True),
        ("沿途領放。最後三百米轉弱。", "Weakened late last time.", False),
        ("居中間。直路上衝刺乏力。流鼻血。", "Bled, was lame or unwell last time.", False),
        ("直路初毫無反應。最後二百米收慢。", "Weakened late last time.", False),
        ("首個彎位前收慢。", "Had trouble last time: short of room or hampered.", True),
        ("居中間。（氣管內有血。）", "Bled, was lame or unwell last time.", False),
        ("checked 3/8, no room", "Had trouble last time: checked 3/8, no room.", True),
        ("stumbled start", "Had trouble last time: stumbled start.", True),
        ("led, weakened", "Weakened late last time: led, weakened.", False),
        ("rallied, stayed on", "Finished strongly last time: rallied, stayed on.", True),
    ],
)
def test_what_the_last_run_s_comment_says(comment: str, text: str, speaks_for: bool) -> None:
    assert said(comment)[0] == (text, speaks_for)


def test_a_path_off_the_rail_is_no_trouble_and_strength_that_went_is_none() -> None:
    assert said("居中間位置，走第三疊。") == []
    assert said("直路初保持佳勢。末段轉弱。") == [("Weakened late last time.", False)]


def test_a_little_ground_made_up_is_no_strong_finish() -> None:
    assert said("末段略為追前，但從未能構成威脅。") == []


def test_only_a_winner_won_in_hand() -> None:
    assert said("drew clear, easily", position=1)[0][0] == "Won in hand last time: drew clear, easily."
    assert said("eased down", position=9)[0] == ("Weakened late last time: eased down.", False)


def test_running_style_over_the_last_runs() -> None:
    style = {1: "Usually races in front.", 11: "Usually comes from behind."}
    for early, text in style.items():
        assert [note["text"] for note in trips([msgspec.structs.replace(RAN, early=early)] * 3)] == [text]
    assert list(trips([msgspec.structs.replace(RAN, early=1)] * 2)) == []
