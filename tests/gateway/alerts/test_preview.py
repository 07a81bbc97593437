from gateway.alerts.history import Moment
from gateway.alerts.preview import preview
from gateway.alerts.rules import Rule
from schemas.records import Event
from tests.gateway.alerts.makers import alert, prediction, runner, view


def test_it_says_how_often_a_rule_would_have_fired() -> None:
    told: list[tuple[str, Event]] = [
        ("RaceView", view()),
        ("Alert", alert("SCRATCH", "1")), ("Alert", alert("SCRATCH", "1")), ("Alert", alert("SCRATCH", "2")),
        *(("Prediction", prediction(n, [runner("1", 0.5, best_price=2.3)])) for n in range(1, 5)),
    ]  # fmt: skip
    day = [Moment(event["recorded_time"], 0, name, event) for name, event in told]
    assert preview(Rule(kind="SCRATCH"), day).times == 2
    found = preview(Rule(kind="VALUE", threshold=0.1), day)
    assert (found.times, found.first[0].title) == (
        1,
        "Belmont Park R1: 1 Horse 1 offers value: 2.30 against fair 2.00 (+15.0%)",
    )
