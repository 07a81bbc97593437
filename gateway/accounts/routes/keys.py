"""API keys: made, listed, rotated, deleted by the person whose they are."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response, status
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import keys
from gateway.accounts.credentials import ApiKey
from gateway.accounts.forms import Form, Item, Name
from gateway.accounts.principal import FreshPerson, Person, Principal, Scope
from gateway.accounts.routes.common import CONFLICT, MISSING, SIGNED, may_fail, missing, now, wrong
from gateway.paging import Cursor, Limit, Page, page_of
from gateway.site import Site


class NewKey(Form):
    """A key to make. Without `expires_in_days` it does not end by itself."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=32)]
    expires_in_days: Annotated[int | None, Field(ge=1, le=3650)] = None


class KeyItem(Item):
    """A key. `prefix` is its beginning; `used_at` is exact to a minute."""

    name: str
    prefix: str
    scopes: list[str]
    used_at: datetime | None
    expires_at: datetime | None


class ShownKey(KeyItem):
    """A key with itself: this is the only time it is shown."""

    key: str


async def _mine(session: AsyncSession, principal: Principal, key_id: UUID) -> ApiKey:
    asked = select(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == principal.user_id)
    found = (await session.scalars(asked.with_for_update())).one_or_none()
    if found is None:
        raise missing("key")
    return found


def _shown(made: ApiKey, key: str, response: Response) -> ShownKey:
    response.headers["cache-control"] = "no-store"
    return ShownKey(**KeyItem.model_validate(made).model_dump(), key=key)


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/keys", tags=["keys"], responses=SIGNED)

    @router.get("")
    async def read(principal: Person, cursor: Cursor = None, limit: Limit = 50) -> Page[KeyItem]:
        """Your keys, the newest first."""
        asked = select(ApiKey).where(ApiKey.user_id == principal.user_id)
        async with site.database.read() as session:
            return await page_of(session, asked, ApiKey, KeyItem, cursor=cursor, limit=limit)

    @router.post("", status_code=status.HTTP_201_CREATED, responses=may_fail(CONFLICT))
    async def make(form: NewKey, principal: FreshPerson, response: Response) -> ShownKey:
        """Make a key. Keep `key` of the answer: it is not shown again."""
        most = principal.entitlements.api_keys
        ends = None if form.expires_in_days is None else now() + timedelta(days=form.expires_in_days)
        async with site.database.write() as session:
            if await keys.count(session, principal.user_id) >= most:
                detail = f"The tier {principal.tier} has {most} keys: delete one, or change the tier."
                raise wrong("Too many keys", detail, CONFLICT)
            made, key = await keys.make(session, principal.user_id, form.name, form.scopes, ends)
            return _shown(made, key, response)

    @router.post("/{key_id}/rotation", responses=may_fail(MISSING))
    async def rotate(key_id: UUID, principal: FreshPerson, response: Response) -> ShownKey:
        """Give a key another secret; the old one opens nothing from now on."""
        async with site.database.write() as session:
            found = await _mine(session, principal, key_id)
            return _shown(found, await keys.rotate(session, found), response)

    @router.delete("/{key_id}", status_code=status.HTTP_204_NO_CONTENT, responses=may_fail(MISSING))
    async def delete(key_id: UUID, principal: Person) -> None:
        """Delete a key; it opens nothing from now on."""
        async with site.database.write() as session:
            await session.delete(await _mine(session, principal, key_id))

    return router
