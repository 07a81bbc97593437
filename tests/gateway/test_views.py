import json
from collections.abc import Callable

import pytest

from gateway import views
from schemas.defaults import defaults
from schemas.records import AlertView, FeedStatus, RaceBars, RaceView, RunnerView

NOON = 1_690_000_000_000_000
SECOND = 1_000_000


def test_times_are_iso_8601_in_utc(view: Callable[..., RaceView]) -> None:
    facts = views.race_facts(view(scheduled_off=NOON, off_time=None))
    assert facts["scheduled_off"] == "2023-07-22T04:26:40.000000Z"
    assert facts["off_time"] is None
    assert facts["event_time"].endswith("Z")


def test_the_table_of_tracks_names_the_track(view: Callable[..., RaceView]) -> None:
    facts = views.race_facts(view("SAR-20230715-01", track_name="SARATOGA"))
    assert facts["track_name"] == "Saratoga"
    assert facts["time_zone"] == "America/New_York"


def test_a_track_that_no_table_knows_keeps_its_own_name_or_code(view: Callable[..., RaceView]) -> None:
    assert views.race_facts(view("XXNOWHERE-20230715-01", track_name="Nowhere"))["track_name"] == "Nowhere"
    assert views.race_facts(view("XXNOWHERE-20230715-01"))["track_name"] == "XXNOWHERE"


def test_a_runner_has_its_movement_over_1_5_and_30_minutes(
    view: Callable[..., RaceView], runner: Callable[..., RunnerView]
) -> None:
    moved = runner("7", movement_1m=-0.08, movement_5m=0.1, trend="DRIFT")
    (shown,) = views.race_facts(view(runners=[moved]))["runners"]
    assert shown["movement"] == [-0.08, 0.1, None]
    assert shown["trend"] == "DRIFT"
    assert shown["scratch"] is None
    assert shown["traded"] == 0.0


def test_a_scratched_runner_says_when_and_why(
    view: Callable[..., RaceView], runner: Callable[..., RunnerView]
) -> None:
    out = runner("7", status="SCRATCHED", scratch_time=NOON, reduction_factor=8.3, scratch_reason="lame")
    (shown,) = views.race_facts(view(runners=[out]))["runners"]
    assert shown["scratch"] == {
        "time": "2023-07-22T04:26:40.000000Z",
        "reduction_factor": 8.3,
        "reason": "lame",
    }


def test_a_result_names_its_winners(view: Callable[..., RaceView]) -> None:
    decided = view(result_state="OFFICIAL", result_time=NOON, winners=["7", "9"])
    result = views.race_facts(decided)["result"]
    assert result == {"state": "OFFICIAL", "winners": ["7", "9"], "time": "2023-07-22T04:26:40.000000Z"}
    assert views.race_facts(view())["result"] is None


def test_encoded_facts_and_edge_make_one_json_object(view: Callable[..., RaceView]) -> None:
    state = json.loads(views.encode_state(views.encode_facts(view()), "fresh", 0.4))
    assert state["race_id"] == "BEL-20230715-01"
    assert state["freshness"] == "fresh"
    assert state["age_seconds"] == 0.4


def test_age_counts_from_the_newest_event_and_is_never_negative(view: Callable[..., RaceView]) -> None:
    assert views.age_seconds(view(event_time=NOON), NOON + 3 * SECOND // 2) == 1.5
    assert views.age_seconds(view(event_time=NOON), NOON - SECOND) == 0.0


@pytest.mark.parametrize(
    ("silence", "state", "expected"),
    [
        (0, "CONNECTED", "fresh"),
        (12, "HEARTBEAT", "fresh"),
        (13, "HEARTBEAT", "stale"),
        (0, "DISCONNECTED", "stale"),
        (0, "ENDED", "stale"),
    ],
)
def test_freshness_follows_the_heartbeats_of_the_feed(
    status: Callable[..., FeedStatus], silence: int, state: str, expected: str
) -> None:
    said = status(state=state, heartbeat_seconds=5)
    assert views.freshness([said], NOON + silence * SECOND) == expected


def test_freshness_is_unknown_where_no_feed_ever_spoke() -> None:
    assert views.freshness([], NOON) == "unknown"


def test_a_feed_that_ended_does_not_make_another_stale(status: Callable[..., FeedStatus]) -> None:
    assert views.freshness([status("a", state="ENDED"), status("b")], NOON) == "fresh"
    assert views.freshness([status("a", state="DISCONNECTED"), status("b")], NOON) == "stale"


def test_of_several_processes_of_a_source_one_that_is_alive_is_enough(
    status: Callable[..., FeedStatus],
) -> None:
    cut_off, standby = status("a", state="DISCONNECTED", instance="1"), status("a", instance="2")
    assert views.freshness([cut_off, standby], NOON) == "fresh"
    assert views.freshness([cut_off, standby], NOON + 60 * SECOND) == "stale"
    assert views.freshness([cut_off, standby, status("b", state="DISCONNECTED")], NOON) == "stale"
    assert views.freshness([status("a", state="ENDED", instance="1"), cut_off], NOON) == "stale"


def test_freshness_depends_on_the_race_s_own_feed_where_it_names_one(
    view: Callable[..., RaceView], status: Callable[..., FeedStatus]
) -> None:
    feeds = [status("betfair"), status("betfair", instance="standby"), status("simulator")]
    assert views.feeds_of(view(source="betfair"), feeds) == feeds[:2]
    assert views.feeds_of(view(source="hpr"), feeds) == feeds


def test_history_is_one_list_of_prices_a_runner_beside_the_times(
    view: Callable[..., RaceView], runner: Callable[..., RunnerView], bars: Callable[..., RaceBars]
) -> None:
    raced = view(
        runners=[runner("a"), runner("b"), runner("late")],
    )
    recorded = bars([60, 120], a=[4.599999904632568, 4.400000095367432], b=[0.0, 12.5])
    assert views.race_history(raced, recorded) == {
        "race_id": "BEL-20230715-01",
        "bar_seconds": 60,
        "times": [60, 120],
        "runners": [
            {"runner_id": "a", "prices": [4.6, 4.4]},
            {"runner_id": "b", "prices": [None, 12.5]},
            {"runner_id": "late", "prices": [None, None]},
        ],
    }


def test_a_race_without_bars_has_an_empty_history(
    view: Callable[..., RaceView], runner: Callable[..., RunnerView]
) -> None:
    history = views.race_history(view(runners=[runner("a")]), None)
    assert (history["bar_seconds"], history["times"]) == (60, [])
    assert [(shown["runner_id"], shown["prices"]) for shown in history["runners"]] == [("a", [])]


def test_without_value_a_race_is_facts_and_prices(
    view: Callable[..., RaceView], runner: Callable[..., RunnerView]
) -> None:
    believed = dict.fromkeys(views.BELIEFS, 0.25)
    priced = runner("7", back=4.0, public_probability=0.2, **believed)
    alert = {**defaults(AlertView), "alert_id": "a", "kind": "VALUE", "headline": "", "event_time": NOON}
    facts = view(runners=[priced], why=["7 is likelier"], confidence=0.9, alerts=[alert])
    whole = views.encode_state(views.encode_facts(facts), "fresh", 1.0)
    left = json.loads(views.without_value(whole))
    assert [left["runners"][0][name] for name in views.BELIEFS] == [None] * len(views.BELIEFS)
    assert (left["why"], left["alerts"], left["confidence"]) == ([], [], None)
    assert left["runners"][0]["back"] == 4.0
    assert left["runners"][0]["public_probability"] == 0.2
    assert left.keys() == json.loads(whole).keys()
