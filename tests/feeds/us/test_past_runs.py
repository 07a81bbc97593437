from collections.abc import Callable

import pytest

from feeds.us.past_runs import past_races, performance

Line = Callable[..., list[str]]


def test_a_past_race_with_its_calls_and_figures(line: Line) -> None:
    told = line()
    assert list(past_races(told)) == [0]
    run = performance(told, 0)
    assert run["race_id"] == "AQU-20241107-07"
    assert (run["horse_id"], run["runner_id"]) == ("FLEET EXAMPLE", "FLEET EXAMPLE")
    assert (run["distance_furlongs"], run["course"]) == (8.5, "about, sealed")
    assert (run["surface"], run["track_condition"]) == ("DIRT", "SLOPPY")
    assert (run["finish_position"], run["lengths_behind_winner"], run["starting_price"]) == (2, 0.75, 13.1)
    assert (run["equipment"], run["medications"], run["jockey_name"]) == ("bf", "L", "A RIDER")
    assert (run["early_pace_rating"], run["mid_pace_rating"], run["late_pace_rating"]) == (75.0, 78.0, 80.0)
    assert (run["speed_figure_source"], run["speed_figure_value"]) == ("BRIS", 81.0)
    assert run["comments"] == "Settled inside, no rally"
    calls = [
        (c["distance_furlongs"], c["position"], c["lengths_behind_leader"], c["leader_seconds"])
        for c in run["calls"]
    ]
    assert calls == [
        (2.0, 5, 3.0, 23.37), (4.0, 4, 4.0, 48.71), (6.0, 3, 4.25, 72.91), (7.5, 2, 1.0, None),
        (8.5, 2, 0.75, 101.88),
    ]  # fmt: skip


def test_a_sprint_begins_its_calls_after_the_break(line: Line) -> None:
    run = performance(line(f316="1320", f606="1"), 0)
    assert [c["distance_furlongs"] for c in run["calls"]] == [2.0, 4.0, 5.0, 6.0]
    assert run["calls"][2]["lengths_behind_leader"] == 0.0  # it led
    assert (run["early_pace_rating"], run["mid_pace_rating"]) == (77.0, 75.0)


def test_letters_say_why_there_is_no_finish(line: Line) -> None:
    run = performance(line(f586="K", f606="K", f616="K", f626="99", f746=""), 0)
    assert (run["finish_position"], run["outcome"], run["lengths_behind_winner"]) == (
        None,
        "lost rider",
        None,
    )
    assert [c["position"] for c in run["calls"]] == [5, 4, None]


def test_a_race_abroad_has_no_id_here(line: Line) -> None:
    run = performance(line(f276="LCP", f516="0.00", f846=""), 0)
    assert (run["race_id"], run["track_code"], run["track_name"]) == ("", None, "LCP")
    assert (run["starting_price"], run["speed_figure_source"]) == (None, None)


def test_placed_first_through_disqualification(line: Line) -> None:
    run = performance(line(f626="1", f496="(Placed 1st through disqualification)", f1046="c"), 0)
    assert (run["finish_position"], run["lengths_behind_winner"]) == (1, 0.0)
    assert run["comments"].endswith("Claimed. (Placed 1st through disqualification)")


@pytest.mark.parametrize("field", ["f256", "f296", "f316", "f346"])
def test_what_cannot_be_is_an_error(line: Line, field: str) -> None:
    with pytest.raises(ValueError, match=r"day|number|from 1|convert|distance"):
        performance(line(**{field: "-99999x"}), 0)
