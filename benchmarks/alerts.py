"""Alerts to webhooks and push: 50 a second, each for 10 of 10,000 rules, from produced to received."""

import asyncio
import base64
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import func, insert, select

from benchmarks.environments import Peer, PeerError
from benchmarks.fanout import now, processor_seconds
from benchmarks.report import Report, Row, machine, row
from benchmarks.services import HOST, broker, service
from deploy.postgres import Cluster, missing
from gateway.accounts.tables import User
from gateway.alerts.rules import Rule
from gateway.database import Base, Database
from gateway.delivery.tables import Channel, Delivery, RuleVersion, Tenure
from gateway.migrations import migrate_now
from gateway.webhooks.signing import new_secret
from schemas.defaults import defaults
from schemas.identity import MICROS, uuid_of
from schemas.records import Alert
from topics import admin
from topics.catalogue import ALERTS
from topics.producer import EventProducer

USERS, RULES_EACH, HORSES, PORTS = 1000, 10, 1000, 20
RATE = 50.0
"""Alerts a second."""
WARM_SECONDS, STEADY_SECONDS, PATIENCE_SECONDS, QUIET_SECONDS = 5.0, 20.0, 60.0, 10.0
START_SECONDS = 120.0
BOUND_MS, ASKED_RATE = 1000.0, 500.0
STRIDE = 373
"""From one alert's horse to the next one's: neighbours belong to the same users."""

TRACKS = 997
PREFIX = "alerts."


@dataclass(frozen=True, slots=True)
class People:
    """Users' channels: whose rules hear of each horse, and which of the channels are push."""

    channels: list[UUID]

    def hearing(self, horse: int) -> list[int]:
        """Users with a rule of a horse; user n has those of the horses from 10 n on, round and round."""
        return [horse // RULES_EACH + turn * HORSES // RULES_EACH for turn in range(RULES_EACH)]

    def is_push(self, user: int) -> bool:
        """Half of the users have a webhook, half a browser."""
        return user >= USERS // 2

    def deliveries(self, alert: Alert, horse: int) -> dict[str, bool]:
        """Ids of the deliveries of an alert, as receivers see them, and whether each is push."""
        return {
            uuid_of(f"delivery:{self.channels[user]}:{alert['event_id']}").replace("-", ""): self.is_push(
                user
            )
            for user in self.hearing(horse)
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run; times in milliseconds, the processor in percent of one core."""

    webhooks: list[float]
    pushes: list[float]
    rate: float
    came: float
    """Percent of the deliveries that were due."""
    again: int
    processor: float


def measure(runs: int = 1, scale: float = 1.0) -> Report:
    """Each run starts a notifier on a real Kafka and PostgreSQL; `scale` shortens the load."""
    return Report("alerts", machine(), rows([_run(scale) for _ in range(runs)]))


def rows(found: Sequence[Figures]) -> list[Row]:
    """Ours beside what is asked."""
    told = []
    sides: dict[str, Callable[[Figures], list[float]]] = {
        "webhook received": lambda f: f.webhooks,
        "push handed over": lambda f: f.pushes,
    }
    for what, pick in sides.items():
        for name, part in (("p50", 0.5), ("p99", 0.99), ("latest", 1.0)):
            figures = [share(pick(each), part) for each in found]
            told.append(row(f"event to {what}, {name}", "1 s", figures, [BOUND_MS], "ms"))
    return [
        *told,
        row("deliveries a second", "500", [f.rate for f in found], [ASKED_RATE], "deliveries/s"),
        row("deliveries that came", "all", [f.came for f in found], [100.0], "%"),
        row("the notifier's processor", "one core", [f.processor for f in found], [100.0], "%"),
    ]


def share(times: Sequence[float], part: float) -> float:
    """The time that this part of all keeps within."""
    ordered = sorted(times)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def _run(scale: float) -> Figures:
    with (
        tempfile.TemporaryDirectory(prefix="hpr-bench-") as folder,
        broker() as bootstrap,
        _database(Path(folder)) as url,
        Peer("receivers") as receivers,
    ):
        admin.create(bootstrap, PREFIX)
        migrate_now(url)
        people = asyncio.run(_people(url, receivers.ask({"open": {"ports": PORTS}})))
        environment = {
            "HPR_LIVE_PREFIX": PREFIX, "HPR_DATABASE": url, "HPR_SECRETS": f"{folder}/secrets",
            "HPR_MAILS": f"{folder}/mail", "HPR_PRIVATE_DESTINATIONS": "true", "HPR_NOTIFIER_HTTP_PORT": "0",
        }  # fmt: skip
        at = ("--broker", bootstrap, "--topic-prefix", PREFIX)
        with service("notifier", *at, environment=environment) as process:
            asyncio.run(_in_office(url))
            found = _loaded(EventProducer(bootstrap, PREFIX), people, receivers, process.pid, scale)
        kept = asyncio.run(_states(url))
        print("alerts: deliveries kept by state", kept, "again", found.again, file=sys.stderr, flush=True)
        return found


def _loaded(producer: EventProducer, people: People, receivers: Peer, notifier: int, scale: float) -> Figures:
    """Alerts at the steady rate, and when each delivery of them came."""
    due = _publish(producer, people, 0, WARM_SECONDS * scale)
    receivers.ask(_take(len(due)))
    used, began = processor_seconds(notifier), time.monotonic()
    due = _publish(producer, people, 100_000, STEADY_SECONDS * scale)
    took = time.monotonic() - began
    arrived = receivers.ask(_take(len(due)))
    used = (processor_seconds(notifier) - used) / (time.monotonic() - began)
    first: dict[str, int] = {}
    for id, moment in arrived:
        first.setdefault(id, moment)
    late: dict[bool, list[float]] = {False: [], True: []}
    for id in first.keys() & due.keys():
        at, is_push = due[id]
        late[is_push].append((first[id] - at) / 1000)
    if not late[False] or not late[True]:
        raise PeerError("nothing came: see what the notifier wrote above")
    came = len(first.keys() & due.keys())
    again = len(arrived) - len(first)
    return Figures(late[False], late[True], came / took, 100.0 * came / len(due), again, 100.0 * used)


def _publish(
    producer: EventProducer, people: People, start: int, seconds: float
) -> dict[str, tuple[int, bool]]:
    """Publish alerts for so long; when each delivery's alert was produced, and whether it is push."""
    due, began = dict[str, tuple[int, bool]](), time.monotonic()
    for number in range(max(round(seconds * RATE), 1)):
        while (wait := began + number / RATE - time.monotonic()) > 0:
            producer.poll()
            time.sleep(min(wait, 0.005))
        horse = number * STRIDE % HORSES
        # A track of its own each: several of one track that wait together would be one message.
        alert = _alert(f"T{number % TRACKS}-20000101-01", start + number, horse)
        due |= {id: (now(), is_push) for id, is_push in people.deliveries(alert, horse).items()}
        producer.publish(ALERTS.name, alert)
    producer.flush()
    return due


def _take(deliveries: int) -> dict[str, Any]:
    return {"take": {"deliveries": deliveries, "seconds": PATIENCE_SECONDS, "quiet": QUIET_SECONDS}}


def _alert(race_id: str, number: int, horse: int) -> Alert:
    at = time.time_ns() // 1000
    return {
        **defaults(Alert),
        "event_id": uuid_of(f"bench:{number}:{at}"),
        "source": "benchmark",
        "race_id": race_id,
        "event_time": at,
        "recorded_time": at,
        "sequence": number,
        "kind": "SCRATCH",
        "rule_version": "rules-1",
        "runner_id": str(horse),
        "number": "4",
        "name": f"Load Bearer {horse}",
        "headline": f"4 Load Bearer {horse} scratched, reduction 12.5 %",
        "value": 12.5,
        "detail": "1 Weight Carrier 2.50 to 2.10: 40.0% to 47.0%",
        "expires_at": at + 600 * MICROS,
    }


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    """PostgreSQL as durable as an installed one; SQLite where there is none, and a word about it."""
    if missing():
        print(f"{missing()}: measured on SQLite", file=sys.stderr, flush=True)
        yield f"sqlite:///{folder}/hpr.sqlite3"
        return
    with Cluster(settings=("max_connections=100",)) as cluster:
        yield cluster.create()


async def _people(url: str, ports: Sequence[int]) -> People:
    """A thousand users with a channel and ten rules each."""
    people = People([uuid4() for _ in range(USERS)])
    users, channels, rules = [], [], []
    for number, channel_id in enumerate(people.channels):
        user_id, at = uuid4(), datetime.now(UTC)
        email = f"user{number}@example.org"
        users.append({"id": user_id, "email": email, "email_key": email, "confirmed_at": at})
        where = f"http://{HOST}:{ports[number % len(ports)]}/{number}"
        push = people.is_push(number)
        address = {"endpoint": where, "keys": _keys()} if push else {"url": where}
        secrets = [] if push else [{"secret": new_secret(), "until": None}]
        channels.append({"id": channel_id, "user_id": user_id, "kind": "webpush" if push else "webhook",
                         "address": address, "secrets": secrets})  # fmt: skip
        for own in range(RULES_EACH):
            horse = (number * RULES_EACH + own) % HORSES
            body = Rule(kind="SCRATCH", horses=(f"Load Bearer {horse}",)).model_dump(mode="json")
            rules.append({"rule_id": uuid4(), "user_id": user_id, "version": 1, "body": body})
    database = Database(url)
    tables: tuple[tuple[type[Base], list[dict[str, Any]]], ...] = (
        (User, users), (Channel, channels), (RuleVersion, rules),
    )  # fmt: skip
    async with database.write() as session:
        for table, values in tables:
            await session.execute(insert(table), values)
    await database.close()
    return people


def _keys() -> dict[str, str]:
    """Keys of a browser's subscription."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {name: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
            for name, raw in (("p256dh", point), ("auth", os.urandom(16)))}  # fmt: skip


async def _in_office(url: str) -> None:
    """Wait until a notifier has taken in all rules."""
    database, deadline = Database(url), time.monotonic() + START_SECONDS
    try:
        while True:
            async with database.read() as session:
                # It publishes the rules that it found last of all.
                if await session.scalar(select(Tenure.rules_published)):
                    return
            if time.monotonic() > deadline:
                raise PeerError(f"the notifier is not in office after {START_SECONDS:g} s")
            await asyncio.sleep(0.2)
    finally:
        await database.close()


async def _states(url: str) -> dict[str, int]:
    """How many deliveries the database has in each state."""
    database = Database(url)
    try:
        async with database.read() as session:
            asked = select(Delivery.state, func.count()).group_by(Delivery.state)
            return {row[0]: row[1] for row in await session.execute(asked)}
    finally:
        await database.close()
