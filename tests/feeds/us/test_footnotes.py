from feeds.us.footnotes import notes_of


def test_a_horse_whose_name_begins_another_s() -> None:
    names = {"RIKEN": "r", "RIKEN TOO": "t"}
    found = notes_of(["RIKEN TOO tired. RIKEN led", "all the way. He won."], names)
    assert found == {"t": "RIKEN TOO tired.", "r": "RIKEN led all the way. He won."}


def test_what_is_said_before_any_name_is_nobody_s() -> None:
    assert notes_of(["The race was off late. RIKENS ran."], {"RIKEN": "r"}) == {}
