"""hpr audit: published predictions derived again from the events that they came from."""

import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.progress import track

from hpr.codec import codec
from hpr.models_registry import models_of
from hpr.options import AsJson, Broker, Prefix, Registry
from hpr.settings import settings
from schemas.codec import Codec
from schemas.errors import ArchiveError, HprError, SchemaError, SettingsError
from schemas.records import Prediction
from topics.catalogue import PREDICTIONS

if TYPE_CHECKING:
    from streams.audit import Finding

SHOWN = 20
"""Differences printed for people, at most."""


def audit(
    prediction_id: Annotated[str | None, typer.Argument(help="Which prediction.")] = None,
    *,
    sample: Annotated[int | None, typer.Option(min=1, help="So many predictions taken at random.")] = None,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Race day of the sample.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed takes another sample.")] = 1,
    archive: Annotated[
        str | None, typer.Option(help="Where events and predictions are archived; the topics if left out.")
    ] = None,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="Of a simulated day, worked into an archive made for it.")
    ] = False,
    broker: Broker = None,
    topic_prefix: Prefix = None,
    registry: Registry = None,
    json: AsJson = False,
) -> None:
    """Derive predictions again; say identical, or the first field that differs, and then exit with 1.

    Example: hpr audit --archive .hpr/archive --sample 1000 --day 2026-11-25
    """
    if self_test == (prediction_id is not None) and (self_test or sample is None):
        raise SettingsError("give a prediction id, or --sample N, or --self-test")
    chosen = settings(broker=broker, topic_prefix=topic_prefix, registry=registry)
    with tempfile.TemporaryDirectory() as folder:
        if self_test:
            from hpr.audit_self_test import play

            archive, chosen = play(Path(folder), seed), settings()
        with _kept(archive, chosen.broker) as kept:
            keeper = Keeper(kept, codec(chosen), chosen.topic_prefix if not self_test else "")
            if prediction_id is not None:
                published = [keeper.find(prediction_id)]
            else:
                published = keeper.sample(sample or 1000, day, seed)
            findings = list(_shown(keeper.audit(published), len(published)))
    _report(findings, json)
    if any(finding.difference for finding in findings):
        raise typer.Exit(1)


class Keeper:
    """Predictions and their events, as an archive or a cluster keeps them."""

    def __init__(self, kept: Any, codec: Codec, prefix: str) -> None:
        self._kept, self._codec, self._prefix = kept, codec, prefix

    def find(self, prediction_id: str) -> Prediction:
        """The prediction of this id; raises HprError if there is none."""
        needle = prediction_id.encode()
        for record in self._kept.holding(self._prefix + PREDICTIONS.name, needle):
            _, found = self._codec.decode(record.value)
            if found["event_id"] == prediction_id:
                made: Prediction = found
                return made
        raise HprError(f"no prediction {prediction_id} in {self._kept.name}")

    def sample(self, size: int, day: datetime | None, seed: int) -> list[Prediction]:
        """So many predictions of a race day, or of all, each as likely as any other."""
        chance, values, seen = random.Random(seed), list[bytes](), 0
        wanted = f"-{day:%Y%m%d}-".encode() if day else b""
        topic = self._prefix + PREDICTIONS.name
        for partition in self._kept.partitions(topic):
            for record in self._kept.records(topic, partition):
                if record.value is None or wanted not in (record.key or b""):
                    continue
                seen += 1
                if len(values) < size:
                    values.append(record.value)
                elif (place := chance.randrange(seen)) < size:
                    values[place] = record.value
        if not values:
            raise HprError(f"no predictions{f' of {day:%Y-%m-%d}' if day else ''} in {self._kept.name}")
        return list(self._decoded(values))

    def _decoded(self, values: list[bytes]) -> Iterator[Prediction]:
        for value in values:
            try:
                yield self._codec.decode(value)[1]
            except SchemaError as error:
                raise ArchiveError(f"a prediction in {self._kept.name} cannot be read: {error}") from error

    def audit(self, published: list[Prediction]) -> "Iterator[Finding]":
        """A finding for each."""
        from streams.audit import Auditor
        from streams.scoring import default_scorer
        from streams.sources.merged import Understanding

        scorer = default_scorer(models_of(settings()))
        auditor = Auditor(self._kept, Understanding(self._codec), self._prefix, scorer)
        yield from auditor.audit(published)


@contextmanager
def _kept(archive: str | None, broker: str) -> Iterator[Any]:
    if archive is not None:
        from streams.archive.reader import Archive
        from streams.archive.store import open_store

        yield Archive(open_store(archive))
        return
    from streams.sources.cluster import Cluster

    cluster: Cluster = Cluster(broker)
    try:
        yield cluster
    finally:
        cluster.close()


def _shown(findings: "Iterable[Finding]", total: int) -> "Iterable[Finding]":
    return track(findings, "audit", total, transient=True) if sys.stderr.isatty() else findings


def _report(findings: "list[Finding]", json: bool) -> None:
    differing = [finding for finding in findings if finding.difference]
    if json:
        found = [{"prediction_id": f.prediction_id, "difference": f.difference} for f in differing]
        figures = {"audited": len(findings), "identical": len(findings) - len(differing), "differing": found}
        typer.echo(orjson.dumps(figures).decode())
        return
    for finding in differing[:SHOWN]:
        where = f"{finding.prediction_id} ({finding.race_id}, revision {finding.revision})"
        typer.echo(f"{where}: {finding.difference}")
    if len(findings) == 1 and not differing:
        typer.echo("identical")
    elif len(findings) > 1:
        typer.echo(f"{len(findings) - len(differing)} of {len(findings)} identical")
