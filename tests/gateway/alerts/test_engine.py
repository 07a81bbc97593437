"""Rules fire on what they ask for, once an episode, with the same ids from any stored memory on."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.engine import Engine, Fired
from gateway.alerts.index import Held, Index
from gateway.alerts.rules import Rule
from schemas.identity import MICROS
from schemas.records import Prediction
from tests.gateway.alerts.makers import NOON, alert, engine, held, kinds, prediction, runner, view


def edges(*values: float, **fields: object) -> list[Prediction]:
    """Predictions in which runner 1 stands at even chances and offers these edges."""
    return [
        prediction(n, [runner("1", 0.5, best_price=2 * (1 + edge), **fields), runner("2", 0.5)])
        for n, edge in enumerate(values, 1)
    ]


def fire(made: Engine, predictions: list[Prediction]) -> list[Fired]:
    return [fired for each in predictions for fired in made.prediction(each)]


class TestFacts:
    def test_a_scratch_of_any_runner_or_of_those_one_asked_for(self) -> None:
        made = engine(
            Rule(kind="SCRATCH"), Rule(kind="SCRATCH", horses=("HORSE 2 (IRE)",)),
            Rule(kind="SCRATCH", riders=("Rider 1",)),
            Rule(kind="SCRATCH", trainers=("trainer 2",)), Rule(kind="SCRATCH", tracks=("sar",)),
            Rule(kind="SCRATCH", ticket=("BEL-20230715-01/2",)), Rule(kind="RE_ENTRY"),
        )  # fmt: skip
        names = [made.index.by_id[f.held.rule_id].rule for f in made.alert(alert("SCRATCH", "2"))]
        assert [(rule.horses or rule.trainers or rule.ticket) for rule in names] == [
            (), ("BEL-20230715-01/2",), ("HORSE 2 (IRE)",), ("trainer 2",)
        ]  # fmt: skip

    def test_a_scratch_of_the_favourite(self) -> None:
        made = engine(Rule(kind="SCRATCH", of="favourite"))
        assert kinds([*made.alert(alert("SCRATCH", "2"))]) == []
        assert kinds([*made.alert(alert("SCRATCH", "1", favourite=True))]) == [("SCRATCH", "1")]

    def test_what_the_user_tracks(self) -> None:
        rule = Rule(kind="SCRATCH", tracked=True)
        made = Engine(Index([held(rule, tracked=(("horse", "Horse 3"),))]))
        assert kinds([*made.alert(alert("SCRATCH", "3")), *made.alert(alert("SCRATCH", "1"))]) == [
            ("SCRATCH", "3")
        ]
        assert not list(Engine(Index([held(rule)])).alert(alert("SCRATCH", "3")))

    def test_the_result_and_the_going_of_the_race_a_horse_runs_in(self) -> None:
        made = engine(Rule(kind="RESULT", horses=("Horse 3",)), Rule(kind="GOING", horses=("Horse 9",)))
        assert kinds([*made.alert(alert("RESULT", None)), *made.alert(alert("GOING", None))]) == [
            ("RESULT", None)
        ]

    def test_a_new_top_pick(self) -> None:
        assert kinds([*engine(Rule(kind="TOP_PICK")).alert(alert("NEW_FAVOURITE", "2"))]) == [
            ("TOP_PICK", "2")
        ]

    def test_the_id_is_the_alerts_and_the_words_say_where_and_what_changed(self) -> None:
        happened = alert("SCRATCH", "2", detail="1 Horse 1 2.50 to 2.10: 40.0% to 47.0%")
        [fired] = engine(Rule(kind="SCRATCH")).alert(happened)
        assert fired.alert_id == happened["event_id"]
        assert fired.title == "Belmont Park R1: 2 scratch"
        assert fired.text == happened["detail"]


class TestSignals:
    def test_value_once_until_it_is_over(self) -> None:
        found = fire(
            engine(Rule(kind="VALUE", threshold=0.1, until=0.05)), edges(0.09, 0.11, 0.06, 0.12, 0.04, 0.1)
        )
        assert [(f.runner_id, f.sequence) for f in found] == [("1", 2), ("1", 6)]
        assert found[0].alert_id != found[1].alert_id
        assert found[0].expires_at - found[0].event_time == 60 * MICROS

    def test_thin_trade_an_unwhole_book_and_a_race_that_runs_offer_none(self) -> None:
        rule = Rule(kind="VALUE", least_traded=1000)
        assert not fire(engine(rule), edges(0.2, traded=999.0))
        assert not list(
            engine(rule).prediction(prediction(1, [runner("1", 0.5, best_price=3.0, expected_value=None)]))
        )
        assert not list(
            engine(rule).prediction(prediction(1, [runner("1", 0.5, best_price=3.0)], status="OFF"))
        )

    def test_steam_and_drift(self) -> None:
        made = engine(Rule(kind="STEAM", threshold=0.2), Rule(kind="DRIFT", threshold=0.2))
        moved = prediction(1, [runner("1", 0.5, movement_5m=-0.25), runner("2", 0.5, movement_5m=0.3)])
        assert kinds(fire(made, [moved])) == [("STEAM", "1"), ("DRIFT", "2")]

    def test_an_older_prediction_changes_nothing(self) -> None:
        made = engine(Rule(kind="VALUE"))
        low, high = edges(0.0, 0.2)
        assert not fire(made, [high, low])[1:]

    def test_a_rule_that_comes_later_hears_of_what_is_so_already(self) -> None:
        made = engine(Rule(kind="VALUE", threshold=0.3))
        first, second = edges(0.2, 0.2)
        assert not fire(made, [first])
        made.index.put(held(Rule(kind="VALUE", threshold=0.1), "late"))
        assert kinds(fire(made, [second])) == [("VALUE", "1")]

    def test_a_new_version_begins_anew(self) -> None:
        made = Engine(Index([held(Rule(kind="VALUE"))]))
        first, second = edges(0.2, 0.2)
        [one] = fire(made, [first])
        made.index.put(held(Rule(kind="VALUE", threshold=0.1), version=2))
        [other] = fire(made, [second])
        assert one.alert_id != other.alert_id


class TestOff:
    def test_once_when_so_many_minutes_are_left(self) -> None:
        made = engine(Rule(kind="OFF_SOON", threshold=10), Rule(kind="OFF_SOON", threshold=5))
        off = NOON + 1800 * MICROS
        told = [
            [f.held.rule.on for f in made.clock(off - minutes * 60 * MICROS)]
            for minutes in (15, 10, 9, 5, 1, -1)
        ]
        assert told == [[], [10.0], [], [5.0], [], []]

    def test_not_of_a_race_that_runs(self) -> None:
        made = engine(Rule(kind="OFF_SOON"))
        made.view(view(revision=2, status="OFF"))
        assert not list(made.clock(NOON + 1790 * MICROS))


STEPS = st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=30)
THRESHOLDS = st.lists(st.tuples(st.floats(0.01, 0.4), st.floats(0.0, 1.0)), min_size=1, max_size=12)


def naive(rules: list[tuple[float, float]], values: list[float]) -> list[tuple[int, int]]:
    """Every rule looked at every time: (step, rule) of each begin."""
    found, on = [], set()
    for at, now in enumerate(values, 1):
        for n, (begins, part) in enumerate(rules):
            if n in on and now < begins * part:
                on.discard(n)
            elif n not in on and now >= begins:
                on.add(n)
                found.append((at, n))
    return found


@given(THRESHOLDS, STEPS, st.integers(0, 30))
def test_ladders_say_what_looking_at_every_rule_would_also_after_a_restart(
    thresholds: list[tuple[float, float]], values: list[float], cut: int
) -> None:
    rules = [
        held(Rule(kind="VALUE", threshold=on, until=on * part, least_traded=0), f"{n}")
        for n, (on, part) in enumerate(thresholds)
    ]
    number = {each.rule_id: n for n, each in enumerate(rules)}
    sent = edges(*values)
    exact = [2 * (1 + value) * 0.5 - 1.0 for value in values]
    first = Engine(Index(rules))
    found = fire(first, sent[:cut])
    found += fire(Engine(Index(rules), dict(first.memory)), sent[cut:])
    told = sorted((f.sequence, number[f.held.rule_id]) for f in found)
    assert told == sorted(naive([(r.rule.on, r.rule.off / r.rule.on) for r in rules], exact))
    assert len({f.alert_id for f in found}) == len(found)
    assert all(a[0] <= b[0] for a, b in pairwise(told))


def test_rules_that_do_not_match_are_not_looked_at() -> None:
    class Counted(dict[object, object]):
        looked = 0

        def get(self, *args: object) -> object:
            Counted.looked += 1
            return super().get(*args)

    many = [held(Rule(kind="VALUE", horses=(f"Other {n}",)), f"{n}") for n in range(5000)]
    many += [held(Rule(kind="VALUE", threshold=0.3 + n / 10000), f"all {n}") for n in range(5000)]
    made = Engine(
        Index([*many, Held(held(Rule(kind="VALUE"), "mine").rule_id, many[0].user_id, 1, Rule(kind="VALUE"))])
    )
    made.memory = Counted()  # type: ignore[assignment]
    assert len(fire(made, edges(0.2, 0.21, 0.0, 0.2))) == 2
    assert Counted.looked < 10
