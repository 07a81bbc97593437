"""What a worker counts: names and figures as Prometheus reads them."""

from prometheus_client import generate_latest

from schemas.records import Event
from streams import engine
from streams.metrics import Metrics
from streams.replay import Races, located
from streams.runs import Run
from streams.scoring import default_scorer
from tests.streams.events import card, entry, odds, price, scratch

Named = tuple[str, Event]
EVENTS: list[Named] = [
    ("RaceCard", card([entry("1"), entry("2"), entry("3")])),
    ("OddsUpdate", odds([price("1", 2.0), price("2", 3.0), price("3", 6.0)], 1)),
    ("Scratch", scratch("3", 5)),
]


def observed(*runs: list[Named]) -> Metrics:
    metrics, races = Metrics(), Races()
    for events in runs:
        records = list(located(events))
        metrics.observe_run(Run(records, {}), engine.run(records, races, default_scorer()), 0.004)
    return metrics


def figure(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"hpr_worker_{name}", labels)


def test_events_are_counted_as_folded_or_known() -> None:
    metrics = observed(EVENTS, EVENTS, EVENTS[:1])
    assert figure(metrics, "events_total") == 3
    assert figure(metrics, "known_events_total") == 4
    assert figure(metrics, "statements_total") == 3


def test_alerts_are_counted_by_kind() -> None:
    metrics = observed(EVENTS, EVENTS)
    assert figure(metrics, "alerts_total", kind="SCRATCH") == 1
    assert figure(metrics, "alerts_total", kind="VALUE") is None


def test_runs_are_measured_by_size_and_time() -> None:
    metrics = observed(EVENTS, EVENTS[:1])
    assert figure(metrics, "run_records_count") == 2
    assert figure(metrics, "run_records_sum") == 4
    assert figure(metrics, "run_seconds_bucket", le="0.005") == 2
    assert figure(metrics, "run_seconds_bucket", le="0.002") == 0


def test_an_event_of_the_future_has_no_negative_age() -> None:
    late = odds([price("1", 2.0)], 1)
    late["recorded_time"] = 1 << 62
    metrics = observed([("OddsUpdate", late)])
    assert figure(metrics, "event_to_prediction_seconds_sum") == 0.0
    assert (figure(observed(EVENTS), "event_to_prediction_seconds_sum") or 0) > 86_400


def test_two_workers_of_one_process_count_apart() -> None:
    first, second = observed(EVENTS), Metrics()
    second.dead_letters.inc()
    assert (figure(first, "dead_letters_total"), figure(second, "dead_letters_total")) == (0, 1)
    assert (figure(first, "events_total"), figure(second, "events_total")) == (3, 0)


def test_all_are_there_before_anything_has_happened() -> None:
    text = generate_latest(Metrics().registry).decode()
    for name in (
        "events_total", "known_events_total", "statements_total", "dead_letters_total", "run_records_count",
        "run_seconds_count", "event_to_prediction_seconds_count", "consumer_lag_records",
        "commit_age_seconds",
    ):  # fmt: skip
        assert f"\nhpr_worker_{name} 0.0\n" in text
