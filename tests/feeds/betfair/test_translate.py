from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from feeds.betfair.translate import Named, Translator
from schemas.codec import default_codec

Json = dict[str, Any]
Define = Callable[..., Json]
RunnerMaker = Callable[..., Json]
Market = Callable[..., Json]
Say = Callable[..., bytes]


class Origin(NamedTuple):
    origin: str = "a.bz2:7"


def read(*messages: bytes, translator: Translator | None = None) -> list[list[Named]]:
    translator = translator or Translator()
    return [translator.translate(message, Origin()) for message in messages]


def kinds(events: list[Named]) -> list[str]:
    return [name for name, _ in events]


def only(events: list[Named], kind: str) -> Any:
    (event,) = [event for name, event in events if name == kind]
    return event


def prices(runner: int, **change: Any) -> Json:
    return {"id": runner, **change}


def test_a_first_definition_gives_the_card_and_the_status(say: Say, market: Market, define: Define) -> None:
    (events,) = read(say(market(definition=define())))
    assert kinds(events) == ["RaceCard", "RaceStatus"]
    assert only(events, "RaceCard")["number_of_runners"] == 3
    assert only(events, "RaceStatus")["status"] == "SCHEDULED"


def test_a_first_image_gives_prices_too_and_says_that_it_is_one(
    say: Say, market: Market, define: Define
) -> None:
    (events,) = read(say(market(definition=define(), img=True, rc=[prices(1, ltp=3.5, tv=20.0)])))
    assert kinds(events) == ["RaceCard", "RaceStatus", "OddsUpdate"]
    odds = only(events, "OddsUpdate")
    assert (odds["market_id"], odds["market_type"], odds["pool"]) == ("1.1", "WIN", "EXCHANGE")
    assert (odds["image"], odds["in_play"], odds["places"]) == (True, False, None)
    assert [(r["runner_id"], r["last"], r["traded"]) for r in odds["runners"]] == [("1", 3.5, 20.0)]


def test_times_ids_and_sequences_follow_from_the_message(
    say: Say, market: Market, define: Define, pt: int
) -> None:
    (events,) = read(say(market(definition=define(), rc=[prices(1, ltp=3.5)])))
    for n, (_, event) in enumerate(events):
        assert event["event_time"] == event["recorded_time"] == pt * 1000
        assert event["sequence"] == pt * 4096 + n
        assert event["source"] == "betfair"
        assert event["race_id"].endswith("-20221106-06")
    assert len({event["event_id"] for _, event in events}) == 3


def test_every_event_fits_its_schema(
    say: Say, market: Market, define: Define, runner: RunnerMaker, pt: int
) -> None:
    finish = [runner(1, status="WINNER", bsp=3.3), runner(2, status="REMOVED")]
    closing = define(status="CLOSED", runners=finish)
    messages = [
        say(market(definition=define(), img=True, rc=[prices(1, atb=[[3.0, 5.0]])])),
        say(market(definition=closing), pt=pt + 1),
        b"\xff",
    ]
    seen = set[str]()
    for events in read(*messages):
        for name, event in events:
            assert default_codec().decode(default_codec().encode(name, event)) == (name, event)
            seen.add(name)
    assert seen == {"RaceCard", "RaceStatus", "OddsUpdate", "Scratch", "Result", "DeadLetter"}


def test_the_same_bytes_give_the_same_events(say: Say, market: Market, define: Define, pt: int) -> None:
    messages = [
        say(market(definition=define(), img=True, rc=[prices(1, ltp=3.5)])),
        say(market(rc=[prices(1, ltp=3.6)]), pt=pt + 50),
    ]
    assert read(*messages) == read(*messages)


def test_a_message_sent_twice_says_nothing_new(say: Say, market: Market, define: Define) -> None:
    message = say(market(definition=define(), rc=[prices(1, ltp=3.5)]))
    first, again = read(message, message)
    assert len(first) == 3
    assert again == []


def test_several_messages_of_one_instant_all_count_and_their_repeats_do_not(
    say: Say, market: Market, define: Define
) -> None:
    translator = Translator()
    opening = say(market(definition=define()))
    one, two = say(market(rc=[prices(1, ltp=3.5)])), say(market(rc=[prices(1, ltp=3.6)]))
    _, first, second, *repeats = read(opening, one, two, one, two, translator=translator)
    assert only(first, "OddsUpdate")["sequence"] < only(second, "OddsUpdate")["sequence"]
    assert only(second, "OddsUpdate")["runners"][0]["last"] == 3.6
    assert repeats == [[], []]


def test_a_definition_that_says_nothing_new_gives_no_events(
    say: Say, market: Market, define: Define, pt: int
) -> None:
    _, again = read(say(market(definition=define())), say(market(definition=define(version=2)), pt=pt + 1))
    assert again == []


def test_a_change_deep_in_the_ladder_gives_no_event(
    say: Say, market: Market, define: Define, pt: int
) -> None:
    _, _, deep = read(
        say(market(definition=define())),
        say(market(rc=[prices(1, atb=[[3.0, 10.0]])]), pt=pt + 1),
        say(market(rc=[prices(1, atb=[[2.0, 10.0]])]), pt=pt + 2),
    )
    assert deep == []


def test_only_the_runners_that_changed_are_listed_each_in_full(
    say: Say, market: Market, define: Define, pt: int
) -> None:
    *_, last = read(
        say(market(definition=define(), rc=[prices(1, ltp=3.5), prices(2, ltp=5.0, atb=[[4.9, 1.0]])])),
        say(market(rc=[prices(2, ltp=5.1)]), pt=pt + 1),
    )
    (runner,) = only(last, "OddsUpdate")["runners"]
    assert (runner["runner_id"], runner["last"], runner["back"]) == ("2", 5.1, 4.9)


def test_an_image_forgets_all_prices_before_it(say: Say, market: Market, define: Define, pt: int) -> None:
    *_, image, after = read(
        say(market(definition=define(), rc=[prices(1, ltp=3.5, atb=[[3.4, 9.0]]), prices(2, ltp=5.0)])),
        say(market(img=True, rc=[prices(1, ltp=3.6)]), pt=pt + 1),
        say(market(rc=[prices(2, tv=7.0)]), pt=pt + 2),
    )
    odds = only(image, "OddsUpdate")
    assert odds["image"]
    assert [(r["runner_id"], r["last"], r["back"]) for r in odds["runners"]] == [("1", 3.6, None)]
    assert only(after, "OddsUpdate")["runners"][0]["last"] is None


def test_an_image_without_runners_says_that_there_are_no_prices(
    say: Say, market: Market, define: Define, pt: int
) -> None:
    _, image = read(
        say(market(definition=define(), rc=[prices(1, ltp=3.5)])), say(market(img=True), pt=pt + 1)
    )
    odds = only(image, "OddsUpdate")
    assert (odds["image"], odds["runners"]) == (True, [])


def test_an_image_after_the_off_keeps_the_starting_prices(
    say: Say, market: Market, define: Define, runner: RunnerMaker, pt: int
) -> None:
    off = define(inPlay=True, bspReconciled=True, runners=[runner(1, bsp=3.3), runner(2, bsp="NaN")])
    first, image = read(
        say(market(definition=off)),
        say(market(definition=off, img=True, rc=[prices(1, ltp=2.0), prices(2, ltp=9.0)]), pt=pt + 1),
    )
    assert [r["starting_price"] for r in only(first, "OddsUpdate")["runners"]] == [3.3, None]
    assert [r["starting_price"] for r in only(image, "OddsUpdate")["runners"]] == [3.3, None]


def test_a_scratch_comes_with_card_status_and_its_own_id(
    say: Say, market: Market, define: Define, runner: RunnerMaker, pt: int
) -> None:
    fewer = define(runners=[runner(1, status="REMOVED", adjustmentFactor=20.0), runner(2), runner(3)])
    _, out, back = read(
        say(market(definition=define())),
        say(market(definition=fewer), pt=pt + 1),
        say(market(definition=define()), pt=pt + 2),
    )
    assert kinds(out) == ["Scratch"]
    assert (only(out, "Scratch")["action"], only(out, "Scratch")["reduction_factor"]) == ("SCRATCHED", 20.0)
    assert only(back, "Scratch")["action"] == "REINSTATED"
    assert only(out, "Scratch")["event_id"] != only(back, "Scratch")["event_id"]


def test_several_scratches_of_one_message_have_ids_of_their_own(
    say: Say, market: Market, define: Define, runner: RunnerMaker
) -> None:
    out = define(runners=[runner(n, status="REMOVED") for n in range(1, 5)] + [runner(5)])
    (events,) = read(say(market(definition=out)))
    assert len({event["event_id"] for name, event in events if name == "Scratch"}) == 4


def test_from_the_off_on_prices_are_in_play_and_the_off_time_stands(
    say: Say, market: Market, define: Define, pt: int
) -> None:
    off = define(inPlay=True, bspReconciled=True)
    _, started, priced, suspended = read(
        say(market(definition=define())),
        say(market(definition=off), pt=pt + 1),
        say(market(rc=[prices(1, ltp=2.0)]), pt=pt + 2),
        say(market(definition={**off, "marketTime": "2022-11-06T05:21:00.000Z"}), pt=pt + 3),
    )
    assert only(started, "RaceStatus")["off_time"] == (pt + 1) * 1000
    assert only(priced, "OddsUpdate")["in_play"]
    assert only(suspended, "RaceStatus")["off_time"] == (pt + 1) * 1000


def test_a_result_is_stated_once_and_again_when_it_is_corrected(
    say: Say, market: Market, define: Define, runner: RunnerMaker, pt: int
) -> None:
    def closed(*statuses: str, **more: Any) -> bytes:
        runners = [runner(n, status=status) for n, status in enumerate(statuses, 1)]
        return say(market(definition=define(status="CLOSED", runners=runners, **more)), pt=pt + len(more) + 1)

    first, same, corrected = read(
        closed("WINNER", "LOSER"), closed("WINNER", "LOSER", version=2), closed("LOSER", "WINNER", a=1, b=2)
    )
    assert kinds(first) == ["RaceCard", "RaceStatus", "Result"]
    assert same == []
    assert kinds(corrected) == ["Result"]


def test_prices_of_a_runner_that_no_definition_names_are_kept(
    say: Say, market: Market, define: Define
) -> None:
    (events,) = read(say(market(definition=define(), rc=[prices(99, ltp=12.0)])))
    assert only(events, "OddsUpdate")["runners"][0]["runner_id"] == "99"


def test_times_that_go_backwards_are_never_known_earlier_than_what_came_before(
    say: Say, market: Market, define: Define, pt: int
) -> None:
    _, late, early = read(
        say(market(definition=define())),
        say(market(rc=[prices(1, ltp=3.5)]), pt=pt + 1000),
        say(market(rc=[prices(1, ltp=3.6)]), pt=pt + 500),
    )
    assert only(early, "OddsUpdate")["event_time"] == (pt + 500) * 1000
    assert only(early, "OddsUpdate")["recorded_time"] == only(late, "OddsUpdate")["recorded_time"]


@pytest.mark.parametrize("count", [1, 40])
def test_races_of_any_size(say: Say, market: Market, define: Define, runner: RunnerMaker, count: int) -> None:
    field = define(runners=[runner(n) for n in range(1, count + 1)])
    (events,) = read(
        say(market(definition=field, rc=[prices(n, ltp=float(n + 1)) for n in range(1, count + 1)]))
    )
    assert only(events, "RaceCard")["number_of_runners"] == count
    assert [r["last"] for r in only(events, "OddsUpdate")["runners"]] == [n + 2.0 for n in range(count)]


@pytest.mark.parametrize("order", [("win", "place"), ("place", "win")])
def test_the_markets_of_one_message_are_of_one_race_in_either_order(
    say: Say, market: Market, define: Define, order: tuple[str, str]
) -> None:
    both = {
        "win": market("1.1", define()),
        "place": market("1.2", define(marketType="PLACE", name="To Be Placed", numberOfWinners=2)),
    }
    (events,) = read(say(*(both[name] for name in order)))
    assert kinds(events) == ["RaceCard", "RaceStatus", "RaceCard", "RaceStatus"]
    assert {event["race_id"][-12:] for _, event in events} == {"-20221106-06"}


def test_a_place_market_s_prices_say_how_many_places_it_pays(
    say: Say, market: Market, define: Define
) -> None:
    place = define(marketType="OTHER_PLACE", name="4 TBP", numberOfWinners=4)
    (events,) = read(say(market("1.2", place, rc=[prices(1, ltp=1.5)])))
    odds = only(events, "OddsUpdate")
    assert (odds["market_type"], odds["places"]) == ("PLACE", 4)


def test_one_bad_change_of_a_message_leaves_the_others_alone(
    say: Say, market: Market, define: Define, pt: int
) -> None:
    (events,) = read(say({"id": 5, "rc": "?"}, market(definition=define()), market("1.9", rc=[])))
    assert kinds(events) == ["DeadLetter", "RaceCard", "RaceStatus", "DeadLetter"]
    assert events[0][1]["event_time"] == pt * 1000


@pytest.mark.parametrize("message", [b'{"op":"connection"}', b'{"op":"status","statusCode":"SUCCESS"}'])
def test_the_connection_s_own_messages_are_quiet(message: bytes) -> None:
    assert read(message) == [[]]


def test_a_heartbeat_is_quiet(say: Say, pt: int) -> None:
    assert read(say(ct="HEARTBEAT"), b'{"op":"mcm","pt":%d,"ct":"HEARTBEAT"}' % pt) == [[], []]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "not a stream message"),
        (b"not JSON", "not a stream message"),
        (b'{"op":"mcm","pt":1', "not a stream message"),
        (b'"\xff"', "not a stream message"),
        (b"[]", "not a stream message"),
        (b'{"pt":1}', "not a stream message"),
        (b'{"op":"mcm","pt":1,"mc":' + b"[" * 100_000, "not a stream message"),
        (b'{"op":"ocm","pt":1}', "op 'ocm' is not a market change"),
        (b'{"op":"mcm","mc":[]}', "without a possible publish time"),
        (b'{"op":"mcm","pt":0}', "without a possible publish time"),
        (b'{"op":"mcm","pt":-5}', "without a possible publish time"),
        (b'{"op":"mcm","pt":99999999999999}', "without a possible publish time"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_market_change_is_a_dead_letter_with_its_bytes(message: bytes, reason: str) -> None:
    ((name, letter),) = read(message)[0]
    assert name == "DeadLetter"
    assert only([(name, letter)], name)["payload"] == message
    assert only([(name, letter)], name)["origin"] == "a.bz2:7"
    assert reason in only([(name, letter)], name)["reason"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"eventTypeId": "4339"}, "event type 4339, not horse racing"),
        ({"marketType": "FORECAST"}, "a FORECAST market, not WIN or PLACE"),
        ({"marketType": None}, "a None market"),
        ({"marketTime": "soon"}, "not understood"),
        ({"marketTime": "0001-01-01T00:00:00+10:00"}, "not the time of a race"),
        ({"venue": "Nowhere", "countryCode": "ATLANTIS"}, "not a country code"),
        ({"venue": "Nowhere", "timezone": "Mars/Olympus"}, "not an IANA time zone"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_market_that_is_none_of_ours_is_a_dead_letter_that_says_why(
    say: Say, market: Market, define: Define, change: Json, reason: str
) -> None:
    (events,) = read(say(market(definition=define(**change))))
    assert reason in only(events, "DeadLetter")["reason"]


def test_a_dead_letter_is_of_the_moment_of_receipt_or_else_of_its_publish_time(
    say: Say, market: Market, define: Define, pt: int
) -> None:
    bad = [b"garbage", b'{"op":"ocm"}', b'{"op":"mcm","pt":0}', say(market(definition=define(venue=7)))]
    bad.append(say(market(definition=define(), rc=[prices(1, ltp=-1.0)])))
    for message, time in zip(bad, (0, 0, 0, pt * 1000, pt * 1000), strict=True):
        letters = [
            only(Translator().translate(message, Origin(), at), "DeadLetter") for at in (None, pt * 1000 + 7)
        ]
        assert [letter["recorded_time"] for letter in letters] == [time, pt * 1000 + 7]
        assert [letter["event_time"] for letter in letters] == [time, time]
        assert letters[0]["event_id"] == letters[1]["event_id"]


def test_prices_before_any_definition_are_dead_letters(say: Say, market: Market) -> None:
    (events,) = read(say(market(rc=[prices(1, ltp=3.5)])))
    assert "market 1.1 has prices before any definition" in only(events, "DeadLetter")["reason"]


@pytest.mark.parametrize(
    "change",
    [
        {"marketTime": "soon"},
        {"runners": [{"id": 1, "bsp": "evens"}]},
        {"numberOfWinners": 1 << 40},
    ],
)
def test_a_later_definition_that_cannot_be_is_a_dead_letter_and_the_market_goes_on(
    say: Say, market: Market, define: Define, pt: int, change: Json
) -> None:
    _, wrong, right = read(
        say(market(definition=define())),
        say(market(definition=define(**change)), pt=pt + 1),
        say(market(rc=[prices(1, ltp=3.5)]), pt=pt + 2),
    )
    assert kinds(wrong) == ["DeadLetter"]
    assert kinds(right) == ["OddsUpdate"]


@pytest.mark.parametrize(
    "change",
    [
        {"ltp": 1e9},
        {"ltp": 1.0},
        {"atb": [[1.0, 5.0]]},
        {"atl": [[3.0, -5.0]]},
        {"batb": [[0, 2000.0, 5.0]]},
    ],
)
def test_prices_that_cannot_be_are_left_out_and_reported_beside_the_rest(
    say: Say, market: Market, define: Define, pt: int, change: Json
) -> None:
    _, events = read(
        say(market(definition=define())),
        say(market(rc=[prices(1, tv=5.0, **change), prices(2, ltp=4.0)]), pt=pt + 1),
    )
    assert kinds(events) == ["OddsUpdate", "DeadLetter"]
    first, second = only(events, "OddsUpdate")["runners"]
    assert (first["last"], first["back"], first["lay"], first["traded"]) == (None, None, None, 5.0)
    assert second["last"] == 4.0
    assert "cannot be" in only(events, "DeadLetter")["reason"]
    assert only(events, "DeadLetter")["race_id"].endswith("-20221106-06")


@pytest.mark.parametrize("text", ["evens", "", {}])
def test_a_projected_price_that_is_no_number_is_a_dead_letter(
    say: Say, market: Market, define: Define, pt: int, text: Any
) -> None:
    _, events = read(say(market(definition=define())), say(market(rc=[prices(1, spn=text)]), pt=pt + 1))
    assert kinds(events) == ["DeadLetter"]


def test_a_market_that_was_let_go_begins_anew(say: Say, market: Market, define: Define) -> None:
    translator = Translator()
    opening = say(market(definition=define(), rc=[prices(1, ltp=3.5)]))
    (first,) = read(opening, translator=translator)
    assert read(opening, translator=translator) == [[]]
    translator.forget("1.1")
    translator.forget("1.7")
    assert read(opening, translator=translator) == [first]
