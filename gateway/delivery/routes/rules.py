"""Alert rules: each change is a version, which the notifier takes in within a second."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, status
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.forms import Out
from gateway.accounts.principal import Principal, Scope, needs
from gateway.accounts.routes.common import CONFLICT, MISSING, SIGNED, may_fail, missing, wrong
from gateway.alerts.rules import Rule
from gateway.delivery.tables import Channel, RuleVersion
from gateway.site import Site

Reader = Annotated[Principal, Depends(needs(Scope.READ_RULES))]
Writer = Annotated[Principal, Depends(needs(Scope.WRITE_RULES))]


class RuleItem(Out):
    """A rule in force."""

    id: UUID
    version: int
    rule: Rule
    changed_at: datetime


class Rules(Out):
    """All of somebody's rules; a tier bounds how many."""

    items: list[RuleItem]


def _item(row: RuleVersion) -> RuleItem:
    return RuleItem(
        id=row.rule_id, version=row.version, rule=Rule.model_validate(row.body), changed_at=row.created_at
    )


async def _mine(session: AsyncSession, principal: Principal, rule_id: UUID) -> RuleVersion:
    asked = select(RuleVersion).where(
        RuleVersion.rule_id == rule_id, RuleVersion.user_id == principal.user_id, RuleVersion.latest
    )
    found = (await session.scalars(asked.with_for_update())).one_or_none()
    if found is None or found.deleted:
        raise missing("rule")
    return found


async def _next(
    session: AsyncSession, before: RuleVersion, body: dict[str, Any], deleted: bool
) -> RuleVersion:
    before.latest = False
    made = RuleVersion(
        rule_id=before.rule_id, user_id=before.user_id, version=before.version + 1, body=body, deleted=deleted
    )
    session.add(made)
    await session.flush()
    return made


async def _check_channels(session: AsyncSession, principal: Principal, rule: Rule) -> None:
    if rule.channels:
        asked = select(func.count()).where(
            Channel.id.in_(rule.channels), Channel.user_id == principal.user_id
        )
        if (await session.scalar(asked)) != len(set(rule.channels)):
            raise wrong("Request not understood", "channels: one of them is none of yours.")


async def _live_connections(session: AsyncSession, principal: Principal) -> None:
    """Whoever has a rule hears it on the page; the row is locked by the user's own."""
    asked = (
        select(Channel.id).where(Channel.user_id == principal.user_id, Channel.kind == "websocket").limit(1)
    )
    if (await session.scalar(asked)) is None:
        session.add(Channel(user_id=principal.user_id, kind="websocket", name="Live page", address={}))


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=SIGNED)

    @router.get("")
    async def read_rules(principal: Reader) -> Rules:
        """Your rules, the oldest first."""
        asked = select(RuleVersion).where(
            RuleVersion.user_id == principal.user_id, RuleVersion.latest, ~RuleVersion.deleted
        )
        async with site.database.read() as session:
            found = await session.scalars(asked.order_by(RuleVersion.number))
            return Rules(items=[_item(row) for row in found])

    @router.get("/schema")
    async def read_rule_schema() -> dict[str, Any]:
        """The JSON Schema of a rule."""
        return Rule.model_json_schema()

    @router.post("", status_code=status.HTTP_201_CREATED, responses=may_fail(CONFLICT))
    async def make_rule(rule: Rule, principal: Writer) -> RuleItem:
        """Make a rule."""
        most = principal.entitlements.rules
        counted = select(func.count()).where(
            RuleVersion.user_id == principal.user_id, RuleVersion.latest, ~RuleVersion.deleted
        )
        async with site.database.write() as session:
            if (await session.scalar(counted) or 0) >= most:
                detail = f"The tier {principal.tier} has {most} rules: delete one, or change the tier."
                raise wrong("Too many rules", detail, CONFLICT)
            await _check_channels(session, principal, rule)
            await _live_connections(session, principal)
            made = RuleVersion(
                rule_id=uuid4(), user_id=principal.user_id, version=1, body=rule.model_dump(mode="json")
            )
            session.add(made)
            await session.flush()
            return _item(made)

    @router.get("/{rule_id}", responses=may_fail(MISSING))
    async def read_rule(rule_id: UUID, principal: Reader) -> RuleItem:
        """One rule."""
        async with site.database.read() as session:
            return _item(await _mine(session, principal, rule_id))

    @router.put("/{rule_id}", responses=may_fail(MISSING))
    async def change_rule(rule_id: UUID, rule: Rule, principal: Writer) -> RuleItem:
        """Replace a rule: its next version begins anew."""
        async with site.database.write() as session:
            await _check_channels(session, principal, rule)
            before = await _mine(session, principal, rule_id)
            return _item(await _next(session, before, rule.model_dump(mode="json"), False))

    @router.delete("/{rule_id}", status_code=status.HTTP_204_NO_CONTENT, responses=may_fail(MISSING))
    async def delete_rule(rule_id: UUID, principal: Writer) -> None:
        """Delete a rule."""
        async with site.database.write() as session:
            await _next(session, await _mine(session, principal, rule_id), {}, True)

    return router
