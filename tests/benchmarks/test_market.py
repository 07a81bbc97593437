from hypothesis import given
from hypothesis import strategies as st

from benchmarks.market import RUNNERS, card, odds, race_ids
from schemas.codec import default_codec
from streams.engine import Located, run
from streams.replay import Races
from streams.scoring import default_scorer

RACE = race_ids(0, 1)[0]


def test_no_two_runs_share_a_race() -> None:
    assert not set(race_ids(0, 24)) & set(race_ids(1, 24))
    assert len(set(race_ids(0, 24))) == 24


@given(st.integers(0, 500))
def test_events_fit_their_schemas(sequence: int) -> None:
    codec = default_codec()
    assert codec.decode(codec.encode("OddsUpdate", odds(RACE, sequence, 5)))[1]["sequence"] == sequence + 1
    assert len(codec.decode(codec.encode("RaceCard", card(RACE, 5)))[1]["entries"]) == RUNNERS


def test_every_odds_event_changes_what_is_believed() -> None:
    races, scorer = Races(), default_scorer()
    run([Located("RaceCard", card(RACE, 1), "racing.cards", 0, 0)], races, scorer)
    for sequence in range(40):
        event = Located("OddsUpdate", odds(RACE, sequence, sequence + 2), "racing.odds", 0, sequence)
        outcome = run([event], races, scorer)
        assert [s.point.event_time for s in outcome.statements] == [sequence + 2]
        assert not outcome.alerts
