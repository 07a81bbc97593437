"""Pace fit: who gets its own way in front, who is pressed, whom the pace brings back the leaders for."""

import numpy as np
import pytest

from models.interpreters.pace_fit import pace_fits
from models.pace import project


def texts(*forward: float) -> list[str | None]:
    """What is said of runners usually that far back early, 0 in front to 1 behind."""
    pace = project(np.array(forward), np.zeros(len(forward)))
    return [note["text"] if note else None for note in pace_fits(pace)]


def test_the_only_one_that_wants_the_lead_gets_its_own_way() -> None:
    first, *others = texts(0.0, 0.5, 0.6, 0.55)
    assert first == "Likely to get its own way in front: no rival wants the lead."
    assert others == [None] * 3


def test_four_that_want_the_lead_are_too_many_and_suit_who_comes_from_behind() -> None:
    *leaders, middle, last = texts(0.0, 0.1, 0.1, 0.2, 0.5, 0.9)
    assert leaders == ["Likes to lead, and so do 3 rivals: the pace may be too strong for it."] * 4
    assert middle is None
    assert last == "Comes from behind, and 4 rivals like to lead: the pace should suit it."


def test_where_nobody_wants_the_lead_the_pace_is_against_who_comes_from_behind() -> None:
    assert (
        texts(0.4, 0.5, 0.9)[2]
        == "Comes from behind, and nobody wants the lead: the pace may be too slow for it."
    )


def test_unknown_styles_say_nothing() -> None:
    assert texts(np.nan, np.nan, np.nan) == [None] * 3


def test_early_speed_is_read_back_from_the_projection() -> None:
    pace = project(np.array([0.0, 0.5, np.nan, 1.0]), np.array([0.3, -0.2, 0.0, 0.1]))
    assert pace.speeds.tolist() == pytest.approx([0.5, 0.0, 0.0, -0.5])
