"""Interactions: what a user viewed, tracked or ticketed, as events under a pseudonym, by consent only."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, status
from pydantic import Field, model_validator

from gateway.accounts.forms import Form, Out, Text
from gateway.accounts.principal import Principal, Scope, check_not_withheld, needs
from gateway.accounts.routes.common import REFUSED, SIGNED, may_fail, now, wrong
from gateway.accounts.tables import Preferences
from gateway.problems import ProblemError
from gateway.site import Site
from schemas.codec import Codec
from schemas.errors import BrokerError
from schemas.identity import micros, uuid_of
from schemas.records import Interaction
from topics.catalogue import INTERACTIONS
from topics.producer import EventProducer

Writer = Annotated[Principal, Depends(needs(Scope.WRITE_INTERACTIONS))]
Kind = Literal["VIEWED", "TRACKED", "UNTRACKED", "TICKETED"]
Subject = Literal["RACE", "RUNNER", "HORSE", "JOCKEY", "TRAINER", "TRACK"]
MOST = 100
PATIENCE_SECONDS = 5.0
RETRY_SECONDS = 5


class Done(Form):
    """One thing done: with what, and which one."""

    kind: Kind
    subject: Subject
    key: Annotated[
        Text,
        Field(
            min_length=1,
            max_length=128,
            pattern=r"^[\w .,:'@/()&!-]+$",
            description="A race_id, RACE_ID/RUNNER_ID, a horse, rider or trainer, or a track's code",
        ),
    ]

    @model_validator(mode="after")
    def _names_a_runner(self) -> "Done":
        if self.subject == "RUNNER" and "/" not in self.key:
            raise ValueError("the key of a RUNNER is RACE_ID/RUNNER_ID")
        return self


class Report(Form):
    """What was done just now, the first one first."""

    interactions: Annotated[list[Done], Field(min_length=1, max_length=MOST)]


class Published(Out):
    """How many events were published."""

    published: int


def events(pseudonym: UUID, done: Sequence[Done], at: int) -> list[Interaction]:
    """The events of a report at `at`, microseconds since 1970; nothing in them leads to the account."""
    return [
        {
            "event_id": uuid_of(f"interaction:{pseudonym}:{each.kind}:{each.subject}:{each.key}:{at}"),
            "source": "hpr",
            "race_id": each.key.partition("/")[0] if each.subject in ("RACE", "RUNNER") else "",
            "event_time": at,
            "recorded_time": at,
            "sequence": place,
            "pseudonym": str(pseudonym),
            "kind": each.kind,
            "subject": each.subject,
            "key": each.key,
        }
        for place, each in enumerate(done)
    ]


class Publisher:
    """Publishes interactions; the producer is made at first need, since most sites have none to tell."""

    def __init__(self, bootstrap: str, prefix: str, codec: Codec) -> None:
        self._made = (bootstrap, prefix, codec)
        self._producer: EventProducer | None = None
        self._turn = asyncio.Lock()

    async def publish(self, records: Sequence[Interaction]) -> None:
        """Done once the broker has them; raises BrokerError."""
        async with self._turn:
            if self._producer is None:
                self._producer = EventProducer(*self._made)
            for record in records:
                self._producer.publish(INTERACTIONS.name, record)
            try:
                await asyncio.to_thread(self._producer.flush, PATIENCE_SECONDS)
            except BrokerError:
                # What could not be sent is given up, rather than sent after a consent was withdrawn.
                self._producer.purge()
                self._producer = None
                raise


def routes(site: Site, publisher: Publisher) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/v1/interactions", tags=["preferences"])
    fails = {**SIGNED, **may_fail(HTTPStatus.SERVICE_UNAVAILABLE)}

    @router.post("", status_code=status.HTTP_202_ACCEPTED, responses=fails)
    async def report(form: Report, principal: Writer) -> Published:
        """Publish what you viewed, tracked or ticketed, under the pseudonym of your consent."""
        async with site.database.read() as session:
            kept = await session.get(Preferences, principal.user_id)
        if kept is None or not kept.interactions or kept.pseudonym is None:
            detail = (
                'Nothing is published without consent: PATCH /v1/preferences with {"interactions": true}.'
            )
            raise wrong("Consent needed", detail, REFUSED)
        if any(each.kind == "TICKETED" for each in form.interactions):
            check_not_withheld(principal)
        try:
            await publisher.publish(events(kept.pseudonym, form.interactions, micros(now())))
        except BrokerError as error:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE, "Not published", f"{error}.", RETRY_SECONDS
            ) from error
        return Published(published=len(form.interactions))

    return router
