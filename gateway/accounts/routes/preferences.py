"""Preferences, and the horses, riders, trainers and tracks that a user follows."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Path, status
from pydantic import AfterValidator, Field, model_validator
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.forms import Form, Item, Name, Out, Text
from gateway.accounts.principal import Principal, Scope, needs
from gateway.accounts.routes.common import CONFLICT, MISSING, SIGNED, may_fail, missing, wrong
from gateway.accounts.tables import Preferences, Tracked
from gateway.paging import Cursor, Limit, Page, page_of
from gateway.site import Site

Reader = Annotated[Principal, Depends(needs(Scope.READ_PREFERENCES))]
Writer = Annotated[Principal, Depends(needs(Scope.WRITE_PREFERENCES))]
Minute = Annotated[int, Field(ge=0, lt=1440)]


class OddsFormat(StrEnum):
    """How prices are shown."""

    DECIMAL = "decimal"
    FRACTIONAL = "fractional"
    AMERICAN = "american"


class Kind(StrEnum):
    """What can be followed."""

    HORSE = "horse"
    JOCKEY = "jockey"
    TRAINER = "trainer"
    TRACK = "track"


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone, as America/New_York")
    return name


class Wishes(Out):
    """Preferences. Quiet hours are minutes of the local day, from the one up to the other, or both null."""

    odds_format: OddsFormat
    time_zone: str
    locale: str
    quiet_from: int | None
    quiet_until: int | None
    interactions: bool


class Changes(Form):
    """Preferences to change; what is left out stays."""

    odds_format: OddsFormat = OddsFormat.DECIMAL
    time_zone: Annotated[Text, Field(max_length=64), AfterValidator(_zone)] = "UTC"
    locale: Annotated[Text, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)] = "en"
    quiet_from: Minute | None = None
    quiet_until: Minute | None = None
    interactions: bool = Field(
        False, description="Consent to publish what you view, track and ticket under a pseudonym"
    )

    @model_validator(mode="after")
    def _both(self) -> "Changes":
        quiet = self.model_dump(include={"quiet_from", "quiet_until"}, exclude_unset=True)
        if quiet and (len(quiet) != 2 or len({value is None for value in quiet.values()}) != 1):
            raise ValueError("give quiet_from and quiet_until together, or both as null")
        return self


class Follow(Form):
    """What to call it in lists."""

    name: Name


class TrackedItem(Item):
    """Something followed."""

    kind: Kind
    key: str
    name: str


Key = Annotated[
    Text,
    Path(
        min_length=1, max_length=128, pattern=r"^[\w .,:'@/()&!-]+$", description="Its id, or a track's code"
    ),
]


async def _change(session: AsyncSession, user_id: UUID, changes: dict[str, Any]) -> Wishes:
    kept = await session.get(Preferences, user_id, with_for_update=True)
    if kept is None:
        kept = Preferences(user_id=user_id)
        session.add(kept)
    for name, value in changes.items():
        setattr(kept, name, value)
    if "interactions" in changes:
        kept.pseudonym = (kept.pseudonym or uuid4()) if kept.interactions else None
    await session.flush()
    return Wishes.model_validate(kept)


async def _follow(
    session: AsyncSession, principal: Principal, kind: Kind, key: str, name: str
) -> TrackedItem:
    mine = Tracked.user_id == principal.user_id
    asked = select(Tracked).where(mine, Tracked.kind == kind, Tracked.key == key)
    kept = (await session.scalars(asked.with_for_update())).one_or_none()
    if kept is None:
        has = await session.scalar(select(func.count()).select_from(Tracked).where(mine)) or 0
        if has >= principal.entitlements.tracked:
            raise wrong("Too many", f"The tier {principal.tier} follows {has} things at most.", CONFLICT)
        kept = Tracked(user_id=principal.user_id, kind=kind, key=key)
        session.add(kept)
    kept.name = name
    await session.flush()
    return TrackedItem.model_validate(kept)


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["preferences"], responses=SIGNED)

    @router.get("/preferences")
    async def read(principal: Reader) -> Wishes:
        """Your preferences."""
        async with site.database.read() as session:
            kept = await session.get_one(Preferences, principal.user_id)
        return Wishes.model_validate(kept)

    @router.patch("/preferences")
    async def change(form: Changes, principal: Writer) -> Wishes:
        """Change some of your preferences."""
        async with site.database.write() as session:
            return await _change(session, principal.user_id, form.model_dump(exclude_unset=True))

    @router.get("/tracked")
    async def followed(
        principal: Reader, kind: Kind | None = None, cursor: Cursor = None, limit: Limit = 50
    ) -> Page[TrackedItem]:
        """What you follow, the newest first."""
        asked = select(Tracked).where(Tracked.user_id == principal.user_id)
        if kind is not None:
            asked = asked.where(Tracked.kind == kind)
        async with site.database.read() as session:
            return await page_of(session, asked, Tracked, TrackedItem, cursor=cursor, limit=limit)

    @router.put("/tracked/{kind}/{key}", responses=may_fail(CONFLICT))
    async def follow(kind: Kind, key: Key, form: Follow, principal: Writer) -> TrackedItem:
        """Follow a horse, rider, trainer or track; again to call it otherwise."""
        async with site.database.write() as session:
            return await _follow(session, principal, kind, key, form.name)

    @router.delete(
        "/tracked/{kind}/{key}", status_code=status.HTTP_204_NO_CONTENT, responses=may_fail(MISSING)
    )
    async def unfollow(kind: Kind, key: Key, principal: Writer) -> None:
        """Follow it no more."""
        mine = (Tracked.user_id == principal.user_id) & (Tracked.kind == kind) & (Tracked.key == key)
        async with site.database.write() as session:
            if await session.scalar(delete(Tracked).where(mine).returning(Tracked.id)) is None:
                raise missing("thing followed")

    return router
