from collections.abc import Callable

from feeds.us.works import past_works, workout


def test_a_work_with_its_rank(line: Callable[..., list[str]]) -> None:
    told = line()
    assert list(past_works(told)) == [0]
    work = workout(told, 0)
    assert (work["track_code"], work["work_date"], work["distance_furlongs"]) == ("SAR", "2025-06-02", 4.0)
    assert (work["seconds"], work["manner"], work["surface"]) == (49.8, "Bg", "DIRT")
    assert (work["rank"], work["ranked"], work["track_condition"]) == (1, 57, "FAST")


def test_a_training_centre_is_no_track(line: Callable[..., list[str]]) -> None:
    work = workout(line(f126="PMM", f174="", f150="fm"), 0)
    assert (work["track_code"], work["track_name"], work["surface"]) == (None, "PMM", "UNKNOWN")
