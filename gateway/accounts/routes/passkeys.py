"""Passkeys of an account."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, status
from sqlalchemy import delete, func, select

from gateway.accounts import mails, passkeys, post, second_factor
from gateway.accounts.credentials import Passkey
from gateway.accounts.forms import Credential, Form, Item, Name
from gateway.accounts.passkeys import MOST, PasskeyError
from gateway.accounts.principal import FreshPerson, Person
from gateway.accounts.routes.common import CONFLICT, MISSING, SIGNED, may_fail, missing, now, wrong
from gateway.accounts.tables import User
from gateway.paging import Cursor, Limit, Page, page_of
from gateway.site import Site


class NewPasskey(Form):
    """What `navigator.credentials.create` gave, and a name for it."""

    name: Name
    passkey: Credential


class PasskeyItem(Item):
    """A passkey."""

    name: str
    used_at: datetime | None


class AddedPasskey(PasskeyItem):
    """With the recovery codes that come with the first second factor, shown once."""

    recovery_codes: list[str] | None = None


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/account/passkeys", tags=["second factor"], responses=SIGNED)

    @router.get("")
    async def read(principal: Person, cursor: Cursor = None, limit: Limit = 50) -> Page[PasskeyItem]:
        """The passkeys, the newest first."""
        asked = select(Passkey).where(Passkey.user_id == principal.user_id)
        async with site.database.read() as session:
            return await page_of(session, asked, Passkey, PasskeyItem, cursor=cursor, limit=limit)

    @router.post("/options", responses=may_fail(CONFLICT))
    async def options(principal: FreshPerson) -> Credential:
        """What `navigator.credentials.create({publicKey})` takes."""
        async with site.database.write() as session:
            has = select(func.count()).select_from(Passkey).where(Passkey.user_id == principal.user_id)
            if (await session.scalar(has) or 0) >= MOST:
                raise wrong("Too many", f"An account has at most {MOST} passkeys.", CONFLICT)
            user = await session.get_one(User, principal.user_id)
            return await passkeys.offer_new(session, site, user, now())

    @router.post("", status_code=status.HTTP_201_CREATED)
    async def add(form: NewPasskey, principal: FreshPerson, later: BackgroundTasks) -> AddedPasskey:
        """Add a passkey. From then on a password alone does not sign in."""
        async with site.database.write() as session:
            user = await session.get_one(User, principal.user_id)
            try:
                made = await passkeys.add(session, site, user.id, form.name, answer=form.passkey, at=now())
            except PasskeyError as error:
                raise wrong("Passkey not added", f"It does not do: {error}.") from error
            added = AddedPasskey.model_validate(made)
            added.recovery_codes = await second_factor.first_codes(session, user.id)
        later.add_task(post.send, site, mails.changed(site, user.email, "a passkey was added"))
        return added

    @router.delete("/{passkey_id}", status_code=status.HTTP_204_NO_CONTENT, responses=may_fail(MISSING))
    async def remove(passkey_id: UUID, principal: FreshPerson, later: BackgroundTasks) -> None:
        """Take a passkey out."""
        async with site.database.write() as session:
            mine = (Passkey.id == passkey_id) & (Passkey.user_id == principal.user_id)
            if await session.scalar(delete(Passkey).where(mine).returning(Passkey.id)) is None:
                raise missing("passkey")
            await second_factor.tidy(session, principal.user_id)
            user = await session.get_one(User, principal.user_id)
        later.add_task(post.send, site, mails.changed(site, user.email, "a passkey was taken out"))

    return router
