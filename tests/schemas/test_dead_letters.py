from schemas.codec import default_codec
from schemas.dead_letters import dead_letter


def test_a_dead_letter_keeps_the_bytes_their_origin_and_the_reason() -> None:
    letter = dead_letter("betfair", b"\xff{", "a.bz2:7", "not a stream message")
    assert letter["payload"] == b"\xff{"
    assert letter["origin"] == "a.bz2:7"
    assert letter["reason"] == "not a stream message"
    assert letter["race_id"] == ""
    assert (letter["event_time"], letter["recorded_time"]) == (0, 0)


def test_reading_the_same_bytes_again_gives_the_same_id() -> None:
    once = dead_letter("betfair", b"x", "a.bz2:7", "why", event_time=5)
    again = dead_letter("betfair", b"x", "copy.bz2:1", "why else", event_time=5)
    assert once["event_id"] == again["event_id"]


def test_other_bytes_times_or_sources_are_other_letters() -> None:
    ids = {
        dead_letter("betfair", b"x", "", "")["event_id"],
        dead_letter("betfair", b"y", "", "")["event_id"],
        dead_letter("betfair", b"x", "", "", event_time=1)["event_id"],
        dead_letter("simulator", b"x", "", "")["event_id"],
    }
    assert len(ids) == 4


def test_a_dead_letter_fits_its_schema() -> None:
    letter = dead_letter(
        "betfair", bytes(range(256)), "a:1", "why", event_time=5, recorded_time=6, race_id="BEL-20230715-01"
    )
    assert default_codec().decode(default_codec().encode("DeadLetter", letter)) == ("DeadLetter", letter)
