"""Responsible play: reminders of time and stake, a pause, and a self-exclusion that is never taken back."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, status
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.credentials import Session
from gateway.accounts.forms import Form, Out
from gateway.accounts.play import withheld
from gateway.accounts.principal import Person, Principal
from gateway.accounts.routes.common import CONFLICT, REFUSED, SIGNED, may_fail, now, wrong
from gateway.accounts.tables import Play, Stake
from gateway.site import Site

DAY = timedelta(days=1)


class Reminders(Form):
    """When to be reminded; null for never. Stakes are counted over 24 hours, in your currency."""

    remind_minutes: Annotated[int | None, Field(ge=5, le=1440)]
    remind_stake: Annotated[float | None, Field(gt=0, le=1e9, allow_inf_nan=False)]


class Pause(Form):
    """How long to pause, up to six weeks. It ends by itself, and not before."""

    hours: Annotated[int, Field(ge=1, le=1008)]


class SelfExclusion(Form):
    """For how long to be excluded. This cannot be taken back or shortened, by nobody."""

    days: Annotated[int, Field(ge=1, le=3650)]
    understood: Literal[True] = Field(description="That it cannot be taken back")


class Staked(Form):
    """Something staked, noted for the reminder."""

    amount: Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]


class PlayState(Out):
    """Reminders, what they count, which are due, and whether value, tickets and alerts are withheld."""

    remind_minutes: int | None
    remind_stake: float | None
    minutes: int
    staked: float
    due: list[Literal["time", "stake"]]
    withheld: Literal["pause", "exclusion"] | None
    until: datetime | None


async def _mine(session: AsyncSession, principal: Principal) -> Play:
    found = await session.get(Play, principal.user_id, with_for_update=True)
    if found is None:
        found = Play(user_id=principal.user_id)
        session.add(found)
    return found


async def _state(session: AsyncSession, principal: Principal) -> PlayState:
    """Where a user stands: minutes of this session, stakes of the last 24 hours."""
    at = now()
    play = await session.get(Play, principal.user_id) or Play(user_id=principal.user_id)
    begun = await session.scalar(select(Session.created_at).where(Session.id == principal.session_id))
    asked = select(func.coalesce(func.sum(Stake.amount), 0.0)).where(
        Stake.user_id == principal.user_id, Stake.created_at > at - DAY
    )
    minutes = int((at - begun).total_seconds() // 60) if begun else 0
    staked = float(await session.scalar(asked) or 0.0)
    said = withheld(play, at)
    due: list[Literal["time", "stake"]] = []
    if play.remind_minutes is not None and minutes >= play.remind_minutes:
        due.append("time")
    if play.remind_stake is not None and staked >= play.remind_stake:
        due.append("stake")
    return PlayState(
        remind_minutes=play.remind_minutes,
        remind_stake=play.remind_stake,
        minutes=minutes,
        staked=staked,
        due=due,
        withheld=None if said is None else said.why,
        until=None if said is None else said.until,
    )


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/play", tags=["responsible play"], responses=SIGNED)

    @router.get("")
    async def read(principal: Person) -> PlayState:
        """Where you stand: reminders, minutes of this session, stakes of 24 hours, a pause or exclusion."""
        async with site.database.read() as session:
            return await _state(session, principal)

    @router.put("/reminders")
    async def remind(form: Reminders, principal: Person) -> PlayState:
        """Choose your reminders."""
        async with site.database.write() as session:
            play = await _mine(session, principal)
            play.remind_minutes, play.remind_stake = form.remind_minutes, form.remind_stake
            await session.flush()
            return await _state(session, principal)

    @router.post("/pause", responses=may_fail(CONFLICT))
    async def pause(form: Pause, principal: Person) -> PlayState:
        """Pause: no value, tickets and alerts for some hours. A longer pause may follow, a shorter not."""
        until = now() + timedelta(hours=form.hours)
        async with site.database.write() as session:
            play = await _mine(session, principal)
            if play.paused_until is not None and play.paused_until > until:
                raise wrong("Not shortened", f"You paused until {play.paused_until.isoformat()}.", CONFLICT)
            play.paused_until = until
            await session.flush()
            return await _state(session, principal)

    @router.post("/exclusion", responses=may_fail(CONFLICT))
    async def exclude(form: SelfExclusion, principal: Person) -> PlayState:
        """Exclude yourself from value, tickets and alerts. It can be made longer, and never shorter."""
        until = now() + timedelta(days=form.days)
        async with site.database.write() as session:
            play = await _mine(session, principal)
            if play.excluded_until is not None and play.excluded_until > until:
                said = play.excluded_until.isoformat()
                raise wrong("Not shortened", f"You are excluded until {said}.", CONFLICT)
            play.excluded_until = until
            await session.flush()
            return await _state(session, principal)

    @router.post("/stakes", status_code=status.HTTP_201_CREATED)
    async def stake(form: Staked, principal: Person) -> PlayState:
        """Note something that you staked; refused while value is withheld from you."""
        async with site.database.write() as session:
            said = withheld(await session.get(Play, principal.user_id), now())
            if said is not None:
                detail = f"A {said.why} is in force until {said.until.isoformat()}."
                raise wrong("Withheld", detail, REFUSED)
            session.add(Stake(user_id=principal.user_id, amount=form.amount))
            await session.flush()
            return await _state(session, principal)

    return router
