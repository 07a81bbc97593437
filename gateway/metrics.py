"""What the gateway counts, in a registry of its own so that several gateways fit in one process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector


class Metrics:
    """The gateway's metrics; `registry` is what /metrics shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.clients = Gauge("hpr_gateway_clients", "WebSocket clients connected", registry=self.registry)
        self.frames_sent = Counter(
            "hpr_gateway_frames_sent", "WebSocket frames sent to clients", registry=self.registry
        )
        self.closed = Counter(
            "hpr_gateway_clients_closed", "Clients closed by the gateway", ["code"], registry=self.registry
        )
        self.records_read = Counter(
            "hpr_gateway_records_read", "Records read from Kafka", ["topic"], registry=self.registry
        )
        self.records_skipped = Counter(
            "hpr_gateway_records_skipped", "Records that could not be decoded", registry=self.registry
        )
        self.races = Gauge("hpr_gateway_races", "Races on the board", registry=self.registry)
        self.age = Gauge(
            "hpr_gateway_newest_record_age_seconds",
            "Seconds since the newest record of any race or feed was recorded",
            registry=self.registry,
        )
