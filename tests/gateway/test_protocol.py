import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.board import Board
from gateway.delta import apply_delta
from gateway.effects import EXPIRED, NO_ANSWER, NOT_JSON, SLOW, TOO_LARGE, Admit, Join, Leave
from gateway.events import EventLog
from gateway.news import AT_ONCE, Move, StateNews
from gateway.protocol import Limits, Session, Sources
from gateway.viewer import DeniedError, Viewer
from schemas.records import RaceView
from tests.gateway.talk import NOON, Talk, connected

RACES = [f"{track}-20230715-0{number}" for track in ("BEL", "SAR") for number in (1, 2)]
CHANNELS = [*(f"race:{race}" for race in RACES), "track:BEL", "track:SAR", "track:*"]

ViewMaker = Callable[..., RaceView]
BoardMaker = Callable[..., Board]


def test_connecting_tells_protocol_epoch_heartbeat_and_the_time(new_board: BoardMaker) -> None:
    assert Talk(new_board("00112233445566aa")).call("connect") == {
        "id": 1,
        "result": {
            "protocol": "hpr.v1",
            "epoch": "00112233445566aa",
            "heartbeat_seconds": 10.0,
            "server_time": "2023-07-22T04:26:40.000000Z",
            "channels": 64,
            "user": None,
            "expires_at": None,
        },
    }


def test_while_the_board_is_not_whole_connecting_is_refused_for_now(new_board: BoardMaker) -> None:
    error = Talk(new_board(whole=False)).call("connect")["error"]
    assert error == {
        "code": 108,
        "message": "the gateway is still reading the races: try again",
        "temporary": True,
    }


def test_subscribing_gives_the_position_and_the_states(view: ViewMaker, new_board: BoardMaker) -> None:
    board = new_board()
    board.apply(view(RACES[0], 5), 0, 0)
    talk = connected(board)
    result = talk.call("subscribe", channel="track:*")["result"]
    assert result["channel"] == "track:*"
    assert result["position"] == board.position("track:*").encode()
    assert [(s["race_id"], s["revision"], s["freshness"]) for s in result["states"]] == [
        (RACES[0], 5, "unknown")
    ]
    assert talk.effects == [Join("track:*")]


def test_a_push_has_no_id_and_carries_channel_position_and_state(
    view: ViewMaker, new_board: BoardMaker
) -> None:
    board = new_board()
    talk = connected(board)
    talk.call("subscribe", channel="track:BEL")
    standing = board.apply(view(RACES[0], 5), 0, 0)
    assert standing is not None
    assert talk.session.offer(standing)
    (frame,) = talk.hear()
    assert frame.keys() == {"push"}
    assert frame["push"]["channel"] == "track:BEL"
    assert frame["push"]["position"] == board.position("track:*").encode()
    assert frame["push"]["state"]["revision"] == 5


def test_states_of_other_channels_are_not_pushed(view: ViewMaker, new_board: BoardMaker) -> None:
    board = new_board()
    talk = connected(board)
    talk.call("subscribe", channel="track:SAR")
    standing = board.apply(view(RACES[0], 5), 0, 0)
    assert standing is not None
    assert not talk.session.offer(standing)
    assert talk.hear() == []


def test_after_unsubscribing_nothing_more_is_pushed(view: ViewMaker, new_board: BoardMaker) -> None:
    board = new_board()
    talk = connected(board)
    talk.call("subscribe", channel="track:*")
    standing = board.apply(view(RACES[0], 5), 0, 0)
    assert standing is not None
    talk.session.offer(standing)
    talk.session.receive('{"id":9,"method":"unsubscribe","params":{"channel":"track:*"}}', NOON)
    assert talk.hear() == [{"id": 9, "result": {}}]
    assert talk.call("unsubscribe", channel="track:*")["result"] == {}


def test_unsubscribing_is_an_effect_only_where_there_was_a_channel(new_board: BoardMaker) -> None:
    talk = connected(new_board())
    talk.call("subscribe", channel="track:*")
    talk.call("unsubscribe", channel="track:*")
    assert talk.effects == [Leave("track:*")]
    talk.call("unsubscribe", channel="track:*")
    assert talk.effects == []


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("bet", {}, 104),
        ("subscribe", {"channel": "horse:7"}, 102),
        ("subscribe", {"channel": "track:**"}, 102),
        ("subscribe", {"channel": "race:" + "A" * 65}, 102),
        ("subscribe", {"channel": 7}, 107),
        ("subscribe", {}, 107),
        ("subscribe", [], 107),
        ("connect", {}, 107),
    ],
)
def test_a_wrong_call_is_answered_with_code_message_and_whether_to_try_again(
    new_board: BoardMaker, method: str, params: object, code: int
) -> None:
    talk = connected(new_board())
    (answer,) = talk.say(json.dumps({"id": 5, "method": method, "params": params}))
    assert answer["id"] == 5
    assert answer["error"]["code"] == code
    assert answer["error"]["temporary"] is False
    assert talk.effects == []


def test_the_first_call_must_be_connect(new_board: BoardMaker) -> None:
    assert Talk(new_board()).call("subscribe", channel="track:*")["error"]["code"] == 107


def test_a_channel_is_subscribed_to_once_and_at_most_so_many_are(new_board: BoardMaker) -> None:
    talk = connected(new_board(), Limits(channels=2))
    talk.call("subscribe", channel="track:BEL")
    assert talk.call("subscribe", channel="track:BEL")["error"]["code"] == 105
    talk.call("subscribe", channel="track:SAR")
    assert talk.call("subscribe", channel="track:MOE")["error"]["code"] == 106
    assert talk.session.channels == ("track:BEL", "track:SAR")


@pytest.mark.parametrize(
    "frame", ["", "nonsense", "[]", "7", "null", '{"method":"connect"}', '{"id":"1"}', '{"id":true}',
              '{"id":0}', '{"id":9007199254740992}', '{"id":1,', "[" * 16_000, "\ud800"],
)  # fmt: skip
def test_what_is_no_call_ends_the_connection_for_good(new_board: BoardMaker, frame: str) -> None:
    talk = connected(new_board())
    assert talk.say(frame) == []
    assert talk.effects == [NOT_JSON]
    assert NOT_JSON.code >= 3500


@given(frame=st.text(max_size=80))
def test_no_frame_whatever_makes_the_session_fail(new_board: BoardMaker, frame: str) -> None:
    Talk(new_board()).say(frame)


def test_too_large_a_frame_ends_the_connection_for_good(new_board: BoardMaker) -> None:
    talk = connected(new_board())
    talk.say(json.dumps({"id": 2, "method": "connect", "params": {"filler": "x" * 20_000}}))
    assert talk.effects == [TOO_LARGE]


def test_a_client_that_calls_without_reading_is_told_to_come_back(new_board: BoardMaker) -> None:
    session = Session(Sources(new_board()), 0.0, Limits(unread_answers=2))
    frames = [session.receive('{"id":1,"method":"bet"}', NOON) for _ in range(3)]
    assert frames == [[], [], [SLOW]]
    assert 3000 <= SLOW.code < 3500


def test_a_heartbeat_is_sent_every_10_seconds_and_its_answer_is_not_answered(new_board: BoardMaker) -> None:
    talk = connected(new_board())
    assert talk.session.tick(9.9) is None
    assert talk.hear() == []
    assert talk.session.tick(10.0) is None
    assert talk.hear() == [{}]
    assert talk.say("{}") == []
    assert talk.session.tick(19.9) is None
    assert talk.hear() == []


def test_a_client_that_is_silent_for_two_and_a_half_heartbeats_is_told_to_come_back(
    new_board: BoardMaker,
) -> None:
    talk = connected(new_board())
    talk.say("{}")
    for at in (10.0, 20.0, 25.0):
        assert talk.session.tick(at) is None
    assert talk.session.tick(25.1) == NO_ANSWER
    assert 3000 <= NO_ANSWER.code < 3500


def test_a_gateway_that_stood_still_gives_nobody_up_for_it(new_board: BoardMaker) -> None:
    talk = connected(new_board())
    for at in (10.0, 70.0, 74.9):
        assert talk.session.tick(at) is None
    talk.say("{}")
    assert talk.session.tick(80.0) is None


def test_a_slow_client_gets_only_the_latest_state_of_each_race_and_each_race_in_its_turn(
    view: ViewMaker, new_board: BoardMaker
) -> None:
    board = new_board()
    talk = connected(board)
    talk.call("subscribe", channel="track:*")
    for offset, (race, revision) in enumerate([(0, 1), (1, 1), (0, 2), (0, 3)]):
        standing = board.apply(view(RACES[race], revision), 0, offset)
        assert standing is not None
        talk.session.offer(standing)
    pushed = [frame["push"]["state"] for frame in talk.hear()]
    assert [(s["race_id"], s["revision"]) for s in pushed] == [(RACES[0], 3), (RACES[1], 1)]


def test_a_busy_channel_does_not_hold_up_another(view: ViewMaker, new_board: BoardMaker) -> None:
    board = new_board()
    talk = connected(board)
    talk.call("subscribe", channel="track:BEL")
    talk.call("subscribe", channel="track:SAR")
    for offset, race in enumerate(RACES):
        standing = board.apply(view(race, 1), 0, offset)
        assert standing is not None
        talk.session.offer(standing)
    assert [f["push"]["channel"] for f in talk.hear()] == ["track:BEL", "track:SAR", "track:BEL", "track:SAR"]


def test_a_gateway_that_lags_does_not_take_its_client_back(view: ViewMaker, new_board: BoardMaker) -> None:
    ahead, behind = new_board(), new_board()
    for offset in range(5):
        ahead.apply(view(RACES[0], offset + 1), 0, offset)
    talk = connected(behind)
    given = ahead.position("track:*").encode()
    assert talk.call("subscribe", channel="track:*", position=given)["result"] == {
        "channel": "track:*",
        "position": given,
        "states": [],
    }
    for offset in range(7):
        standing = behind.apply(view(RACES[0], offset + 1), 0, offset)
        assert standing is not None
        talk.session.offer(standing)
    assert [f["push"]["state"]["revision"] for f in talk.hear()] == [7]


def test_a_state_whose_freshness_turned_is_sent_again_but_never_one_older_than_the_client_s(
    view: ViewMaker, new_board: BoardMaker
) -> None:
    ahead, behind = new_board(), new_board()
    ahead.apply(view(RACES[0], 1), 0, 0)
    ahead.apply(view(RACES[0], 2), 0, 1)
    old = behind.apply(view(RACES[0], 1), 0, 0)
    assert old is not None
    here, returning = connected(behind), connected(behind)
    here.call("subscribe", channel="track:*")
    returning.call("subscribe", channel="track:*", position=ahead.position("track:*").encode())
    assert not here.session.offer(old)
    assert here.session.offer(old, again=True)
    assert [f["push"]["state"]["revision"] for f in here.hear()] == [1]
    assert not returning.session.offer(old, again=True)


# A step: a record arrives (race, revision), the client reads so many frames, or it is cut off.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.integers(0, len(RACES) - 1), st.integers(1, 9)),
        st.tuples(st.just("read"), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("cut"), st.just(0), st.just(0)),
    ),
    max_size=60,
)


@given(steps=STEPS, channel=st.sampled_from(CHANNELS))
def test_no_client_ever_sees_a_revision_go_back_and_whoever_reads_on_ends_with_the_latest_of_every_race(
    view: ViewMaker, new_board: BoardMaker, steps: list[tuple[str, int, int]], channel: str
) -> None:
    board, offsets = new_board(), [0, 0]
    held: dict[str, int] = {}
    position: str | None = None

    def take(state: dict[str, Any]) -> None:
        assert state["revision"] >= held.get(state["race_id"], 0)
        held[state["race_id"]] = state["revision"]

    def read(talk: Talk, limit: int = 1000) -> None:
        nonlocal position
        for frame in talk.hear(limit):
            take(frame["push"]["state"])
            position = frame["push"]["position"]

    def come_back() -> Talk:
        nonlocal position
        talk = connected(board)
        given = {} if position is None else {"position": position}
        result = talk.call("subscribe", channel=channel, **given)["result"]
        position = result["position"]
        for state in result["states"]:
            take(state)
        return talk

    talk = come_back()
    for kind, first, revision in steps:
        if kind == "record":
            partition = first % 2
            standing = board.apply(view(RACES[first], revision), partition, offsets[partition])
            offsets[partition] += 1
            if standing is not None:
                talk.session.offer(standing)
        elif kind == "read":
            read(talk, first)
        else:
            talk = come_back()
    read(talk)
    assert held == {s.race_id: s.view["revision"] for s in board.carried(channel)}
    assert come_back().hear() == []


# A step: a record arrives (race, revision), also while the client is slow; or it reads so many frames.
MOVES = st.lists(
    st.tuples(
        st.sampled_from(["flowing", "slow", "read"]), st.integers(0, len(RACES) - 1), st.integers(1, 9)
    ),
    max_size=40,
)


@given(steps=MOVES, channel=st.sampled_from(CHANNELS))
def test_deltas_lead_to_the_same_states_as_whole_ones_and_no_revision_goes_back(
    view: ViewMaker, new_board: BoardMaker, steps: list[tuple[str, int, int]], channel: str
) -> None:
    board, offsets, held = new_board(), [0, 0], dict[str, dict[str, Any]]()
    talk = connected(board)
    talk.call("subscribe", channel=channel, delta=True)

    def take(frames: list[dict[str, Any]]) -> None:
        for push in (frame["push"] for frame in frames):
            state = push.get("state") or apply_delta(held[push["delta"]["race_id"]], push["delta"])
            base = push.get("delta", {}).get("base")
            known = held.get(state["race_id"], {"revision": 0})["revision"]
            assert base in (None, known)
            assert state["revision"] >= known
            held[state["race_id"]] = state

    for kind, race, number in steps:
        if kind == "read":
            take(talk.hear(number))
            continue
        partition, before = race % 2, board.position(channel)
        known = board.race(RACES[race])
        moved = board.apply(view(RACES[race], number, why=[str(number)]), partition, offsets[partition])
        offsets[partition] += 1
        if moved is not None and channel in moved.channels:
            news = StateNews(board, channel, [Move(known, moved)], before, NOON, again=False)
            take(talk.told(news, kind == "flowing"))
    take(talk.hear())
    assert held == {s.race_id: json.loads(board.state(s, NOON)) for s in board.carried(channel)}


def test_without_a_token_that_is_known_nobody_gets_in_and_calls_wait_until_that_is_known(
    new_board: BoardMaker,
) -> None:
    def tokens(token: str | None) -> Viewer:
        if token != "good":
            raise DeniedError("sign in first", expired=token == "old")
        return Viewer("ann", NOON + 60_000_000, channels=1)

    talk = Talk(new_board(), tokens=tokens)
    assert talk.call("connect")["error"]["code"] == 101
    assert talk.call("connect", token="old")["error"]["code"] == 109
    session = talk.session
    assert session.receive('{"id":7,"method":"connect","params":{"token":"good"}}', NOON) == [Admit("good")]
    assert session.receive('{"id":8,"method":"subscribe","params":{"channel":"track:*"}}', NOON) == []
    assert talk.hear() == []
    assert session.admit(tokens("good"), NOON) == [Join("track:*")]
    answers = talk.hear()
    assert [answer["id"] for answer in answers] == [7, 8]
    assert answers[0]["result"] | {"channels": 1, "user": "ann"} == answers[0]["result"]
    assert answers[0]["result"]["expires_at"] == "2023-07-22T04:27:40.000000Z"
    assert talk.call("subscribe", channel="track:BEL")["error"]["code"] == 106


def test_a_token_is_renewed_without_connecting_again_else_the_connection_ends(new_board: BoardMaker) -> None:
    lives = {"first": Viewer("ann", NOON + 10), "second": Viewer("ann", NOON + 20), "other": Viewer("bob")}

    def tokens(token: str | None) -> Viewer:
        if token not in lives:
            raise DeniedError("not known")
        return lives[token]

    talk = Talk(new_board(), tokens=tokens)
    talk.call("connect", token="first")
    assert talk.session.tick(1.0, NOON + 9) is None
    assert talk.session.tick(1.0, NOON + 10) == EXPIRED
    assert talk.call("refresh", token="second")["result"]["expires_at"] == "2023-07-22T04:26:40.000020Z"
    assert talk.session.tick(1.0, NOON + 10) is None
    assert talk.call("refresh", token="third")["error"]["code"] == 101
    assert talk.call("refresh", token="other")["error"]["code"] == 103
    assert talk.session.viewer == lives["second"]
    assert talk.call("refresh")["error"]["code"] == 107
    assert talk.session.tick(1.0, NOON + 20) == EXPIRED
    assert 3000 <= EXPIRED.code < 3500


def test_who_is_looked_at_again_stays_only_with_what_it_may_still_have(new_board: BoardMaker) -> None:
    logs = {"alerts": EventLog("alerts", "00112233445566aa", {0: 0})}
    talk = connected(new_board(), logs=logs, tokens=lambda _: Viewer("ann", NOON))
    talk.call("subscribe", channel="alerts")
    assert talk.session.renew(Viewer("ann", NOON + 1, channels=3), NOON)
    assert talk.session.viewer.channels == 3
    assert not talk.session.renew(Viewer("bob", NOON + 1), NOON)
    assert not talk.session.renew(Viewer("ann", NOON), NOON)
    assert not talk.session.renew(Viewer("ann", denied=frozenset({"alerts"})), NOON)


def test_what_a_tier_does_not_have_is_refused(new_board: BoardMaker) -> None:
    logs = {"alerts": EventLog("alerts", "00112233445566aa", {0: 0})}
    talk = Talk(new_board(), logs=logs, tokens=lambda _: Viewer("ann", denied=frozenset({"alerts", "track"})))
    talk.call("connect", token="any")
    for channel, code in (("alerts", 103), ("track:*", 103), ("race:BEL-20230715-01", None)):
        assert talk.call("subscribe", channel=channel).get("error", {}).get("code") == code


def test_a_frame_is_written_at_once_only_to_a_client_for_whom_nothing_waits(
    view: ViewMaker, new_board: BoardMaker
) -> None:
    board = new_board()
    talk = connected(board)
    talk.call("subscribe", channel="track:*")

    def news(race: int, offset: int) -> StateNews:
        before, standing = board.position("track:*"), board.apply(view(RACES[race], 1), 0, offset)
        assert standing is not None
        return StateNews(board, "track:*", [Move(None, standing)], before, NOON, again=False)

    assert [f["push"]["state"]["race_id"] for f in talk.told(news(0, 0))] == [RACES[0]]
    assert talk.told(news(1, 1), flowing=False) == []
    assert talk.told(news(2, 2)) == []
    assert [f["push"]["state"]["race_id"] for f in talk.hear()] == RACES[1:3]
    last = talk.told(news(3, 3))[0]["push"]
    assert last["position"] == board.position("track:*").encode()


def test_of_very_many_races_a_client_is_given_one_at_a_time(view: ViewMaker, new_board: BoardMaker) -> None:
    board = new_board()
    talk = connected(board)
    talk.call("subscribe", channel="track:*")
    before = board.position("track:*")
    moved = [board.apply(view(f"BEL-20230715-{n:02}", 1), 0, n) for n in range(AT_ONCE + 1)]
    moves = [Move(None, standing) for standing in moved if standing is not None]
    assert talk.told(StateNews(board, "track:*", moves, before, NOON, again=False)) == []
    assert len(talk.hear()) == AT_ONCE + 1


def test_of_several_races_written_together_only_the_last_has_the_position_of_all(
    view: ViewMaker, new_board: BoardMaker
) -> None:
    board = new_board()
    talk = connected(board)
    talk.call("subscribe", channel="track:*")
    before = board.position("track:*")
    moved = [board.apply(view(race, 1), 0, offset) for offset, race in enumerate(RACES)]
    moves = [Move(None, standing) for standing in moved if standing is not None]
    frames = talk.told(StateNews(board, "track:*", moves, before, NOON, again=False))
    positions = [frame["push"]["position"] for frame in frames]
    assert positions == [before.encode()] * 3 + [board.position("track:*").encode()]


def test_from_whom_value_is_withheld_gets_states_without_it(
    view: ViewMaker, runner: Callable[..., Any], new_board: BoardMaker
) -> None:
    board = new_board()
    board.apply(view(RACES[0], 1, runners=[runner("7", fair_odds=4.0, back=5.0)]), 0, 0)
    talk = connected(board, tokens=lambda _: Viewer("ann", value=False))
    [first] = talk.call("subscribe", channel="track:*", delta=True)["result"]["states"]
    before = board.position("track:*")
    standing = board.apply(view(RACES[0], 2, runners=[runner("7", fair_odds=4.0, back=6.0)]), 0, 1)
    assert standing is not None
    moves = [Move(None, standing)]
    # What is framed once for everybody is not for them.
    assert talk.told(StateNews(board, "track:*", moves, before, NOON, again=False)) == []
    [frame] = talk.hear()
    states = [first, frame["push"]["state"]]
    assert [(s["runners"][0]["fair_odds"], s["runners"][0]["back"]) for s in states] == [
        (None, 5.0),
        (None, 6.0),
    ]
    assert frame["push"]["position"] == board.position("track:*").encode()
