"""What a worker counts, in Prometheus' terms."""

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.engine import Outcome
from streams.runs import Run

AGE_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
SIZE_BUCKETS = (1, 2, 5, 10, 20, 50, 100, 200, 256)


class Metrics:
    """All metrics of one worker in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = self._counter("events_total", "Events folded.")
        self.known = self._counter("known_events_total", "Events that were known or behind their stream.")
        self.statements = self._counter("statements_total", "Points that said something new.")
        self.dead_letters = self._counter("dead_letters_total", "Records that could not be understood.")
        self.alerts = Counter("hpr_worker_alerts_total", "Alerts raised.", ["kind"], registry=self.registry)
        self.champions = Counter(
            "hpr_worker_champion_changes_total",
            "Champions that came into force while running, by what made them: promote or rollback.",
            ["action"],
            registry=self.registry,
        )
        self.run_size = self._histogram("run_records", "Records in a run.", SIZE_BUCKETS)
        self.run_seconds = self._histogram("run_seconds", "Work on a run.", AGE_BUCKETS)
        age = "Wall clock at the end of a run minus the recorded time of its last event."
        self.age = self._histogram("event_to_prediction_seconds", age, AGE_BUCKETS)
        self.lag = self._gauge("consumer_lag_records", "Records on the broker that no run has covered yet.")
        self.commit_age = self._gauge("commit_age_seconds", "Seconds since a checkpoint, while work is open.")

    def _counter(self, name: str, doc: str) -> Counter:
        return Counter(f"hpr_worker_{name}", doc, registry=self.registry)

    def _gauge(self, name: str, doc: str) -> Gauge:
        return Gauge(f"hpr_worker_{name}", doc, registry=self.registry)

    def _histogram(self, name: str, doc: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"hpr_worker_{name}", doc, buckets=buckets, registry=self.registry)

    def observe_run(self, run: Run, outcome: Outcome, seconds: float) -> None:
        """Count one run."""
        self.events.inc(outcome.folded)
        self.known.inc(outcome.dropped)
        self.statements.inc(len(outcome.statements))
        for alert in outcome.alerts:
            self.alerts.labels(alert["kind"]).inc()
        self.run_size.observe(len(run.records))
        self.run_seconds.observe(seconds)
        if not run.records:
            return
        self.age.observe(max(0.0, time.time() - run.records[-1].event["recorded_time"] / 1e6))
