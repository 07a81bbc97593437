"""The account itself: its password and address, everything that is kept of it, and its end."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request, Response, status

from gateway.accounts import (
    cookies,
    export,
    mails,
    passwords,
    post,
    second_factor,
    sessions,
    throttle,
    tickets,
    users,
)
from gateway.accounts.forms import Address, Form, Out, Password, Said, email_key
from gateway.accounts.principal import FreshPerson, Person
from gateway.accounts.routes.common import (
    CONFLICT,
    OPEN,
    REFUSED,
    SIGNED,
    address,
    check_strength,
    cookie_header,
    may_fail,
    now,
    wrong,
)
from gateway.accounts.routes.sign_up import ByToken, spent
from gateway.accounts.tables import User
from gateway.site import Site


class Account(Out):
    """An account. The entitlements are those of its tier."""

    id: UUID
    email: str
    tier: str
    created_at: datetime
    second_factors: list[str]
    entitlements: dict[str, int]


class ChangePassword(Form):
    """The old password and a new one."""

    current: Password
    new: Password


class NewAddress(Form):
    """Another address."""

    email: Address


async def _change(site: Site, form: ChangePassword, principal: Person, request: Request) -> str:
    """Change the password; the address to tell. Raises ProblemError."""
    async with site.database.read() as session:
        user = await session.get_one(User, principal.user_id)
    device = cookies.known_device(site, cookie_header(request), user.email_key)
    await throttle.try_password(site, address(request), user.email_key, device)
    right, _ = await passwords.verified(form.current, user.password_hash)
    if not right:
        raise wrong("Not changed", "The current password is wrong.", REFUSED)
    check_strength(form.new, user.email)
    password_hash = await passwords.hashed(form.new)
    async with site.database.write() as session:
        (await session.get_one(User, user.id)).password_hash = password_hash
        await sessions.end_all(session, user.id, but=principal.session_id)
    return user.email


async def _move(site: Site, token: str) -> str | None:
    """Take the new address; the old one, to tell it. None if another account has it by now."""
    async with site.database.write() as session:
        ticket = await tickets.redeem(session, "address", token, now())
        if ticket is None or ticket.user_id is None:
            raise spent()
        if await users.by_email(session, ticket.detail):
            return None
        user = await session.get_one(User, ticket.user_id)
        old, user.email, user.email_key = user.email, ticket.detail, email_key(ticket.detail)
    return old


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/account", tags=["account"], responses=SIGNED)

    @router.get("")
    async def read(principal: Person) -> Account:
        """The account, its second factors and what its tier gives."""
        async with site.database.read() as session:
            user = await session.get_one(User, principal.user_id)
            has = await second_factor.factors(session, user.id)
        return Account(
            id=user.id,
            email=user.email,
            tier=user.tier,
            created_at=user.created_at,
            second_factors=has,
            entitlements=export.entitlements(user.tier),
        )

    @router.put("/password", status_code=status.HTTP_204_NO_CONTENT)
    async def change(
        form: ChangePassword, principal: Person, request: Request, later: BackgroundTasks
    ) -> None:
        """Change the password; every other device is signed out."""
        email = await _change(site, form, principal, request)
        later.add_task(post.send, site, mails.changed(site, email, "the password was changed"))

    @router.post("/address", status_code=status.HTTP_202_ACCEPTED)
    async def move(
        form: NewAddress, principal: FreshPerson, request: Request, later: BackgroundTasks
    ) -> Said:
        """Ask for another address; it counts when it is confirmed."""
        if await throttle.mail_to(site, address(request), email_key(form.email)):
            async with site.database.write() as session:
                taken = await users.by_email(session, form.email)
                at, whose = now(), principal.user_id
                token = await tickets.issue(session, "address", at, whose, detail=form.email)
            mail = mails.known(site, form.email) if taken else mails.address(site, form.email, token)
            later.add_task(post.send, site, mail)
        return Said(detail="A mail to the new address has the next step.")

    @router.post("/address/confirmation", responses=OPEN | may_fail(CONFLICT))
    async def moved(form: ByToken, later: BackgroundTasks) -> Said:
        """Confirm the new address with the token of the mail."""
        old = await _move(site, form.token)
        if old is None:
            raise wrong("Address taken", "Another account has this address.", CONFLICT)
        later.add_task(post.send, site, mails.changed(site, old, "it has another address now"))
        return Said(detail="The account has its new address.")

    @router.get("/export")
    async def everything(principal: Person) -> Response:
        """Everything that is kept of the account, as JSON; no secrets, which are kept as hashes."""
        async with site.database.read() as session:
            said = await export.everything(session, principal.user_id)
        name = 'attachment; filename="horseracepro-account.json"'
        headers = {"content-disposition": name, "cache-control": "no-store"}
        return Response(said, headers=headers, media_type="application/json")

    @router.delete("", status_code=status.HTTP_204_NO_CONTENT)
    async def delete(principal: FreshPerson, response: Response) -> None:
        """Delete the account with all that is its own, at once. A self-exclusion stays with the address."""
        async with site.database.write() as session:
            await users.remove(session, site, principal.user_id, now())
        cookies.take_session(site, response)

    return router
