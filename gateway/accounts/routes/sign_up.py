"""Sign-up with confirmation by mail, and a new password by mail. Nobody learns who has an account."""

from fastapi import APIRouter, BackgroundTasks, Request, status

from gateway.accounts import mails, passwords, post, sessions, throttle, tickets, users
from gateway.accounts.forms import Address, Form, Password, Said, Token, email_key
from gateway.accounts.routes.common import OPEN, address, check_strength, now, wrong
from gateway.accounts.tables import User
from gateway.mail import Message
from gateway.site import Site

MAILED = Said(detail="If the address can have an account, a mail with the next step is on its way.")


class SignUp(Form):
    """Who wants an account."""

    email: Address
    password: Password


class ByAddress(Form):
    """Whose password is forgotten."""

    email: Address


class ByToken(Form):
    """The token of a mail."""

    token: Token


class NewPassword(Form):
    """A new password, with the token of a mail."""

    token: Token
    password: Password


def spent() -> Exception:
    """A token that does nothing any more."""
    return wrong("Token not valid", "It is unknown, was used, or is over: ask for another mail.")


async def _sign_up(site: Site, form: SignUp, password_hash: str) -> Message:
    """The mail that whoever signed up is due."""
    at = now()
    async with site.database.write() as session:
        if await users.excluded_until(session, site, form.email, at):
            return mails.excluded(site, form.email)
        user = await users.by_email(session, form.email)
        if user is not None and user.confirmed_at is not None:
            return mails.known(site, user.email)
        if user is None:
            user = await users.make(session, form.email, password_hash)
        # Nobody has proved that the address is theirs: the last one to try may.
        user.email, user.password_hash = form.email, password_hash
        token = await tickets.issue(session, "confirm", at, user.id)
    return mails.confirm(site, form.email, token)


async def _confirm(site: Site, token: str) -> None:
    async with site.database.write() as session:
        ticket = await tickets.redeem(session, "confirm", token, now())
        if ticket is None or ticket.user_id is None:
            raise spent()
        user = await session.get_one(User, ticket.user_id)
        user.confirmed_at = user.confirmed_at or now()


async def _reset(site: Site, token: str, password: str, password_hash: str) -> Message:
    async with site.database.write() as session:
        ticket = await tickets.redeem(session, "reset", token, now())
        if ticket is None or ticket.user_id is None:
            raise spent()
        user = await session.get_one(User, ticket.user_id)
        check_strength(password, user.email)
        user.password_hash = password_hash
        # Whoever reads the mail owns the address.
        user.confirmed_at = user.confirmed_at or now()
        await sessions.end_all(session, user.id)
    return mails.changed(site, user.email, "the password was changed and every device signed out")


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["sign-up"], responses=OPEN)

    @router.post("/accounts", status_code=status.HTTP_202_ACCEPTED)
    async def sign_up(form: SignUp, request: Request, later: BackgroundTasks) -> Said:
        """Ask for an account. The answer is the same whether or not there is one; the mail says it."""
        check_strength(form.password, form.email)
        allowed = await throttle.mail_to(site, address(request), email_key(form.email))
        password_hash = await passwords.hashed(form.password)
        if allowed:
            later.add_task(post.send, site, await _sign_up(site, form, password_hash))
        return MAILED

    @router.post("/accounts/confirmation")
    async def confirm(form: ByToken) -> Said:
        """Confirm the address with the token of the mail."""
        await _confirm(site, form.token)
        return Said(detail="The address is confirmed. Sign in at POST /v1/sessions.")

    @router.post("/password-resets", status_code=status.HTTP_202_ACCEPTED)
    async def forgotten(form: ByAddress, request: Request, later: BackgroundTasks) -> Said:
        """Ask for a mail with which to choose a new password."""
        if await throttle.mail_to(site, address(request), email_key(form.email)):
            later.add_task(_mail_reset, site, form.email)
        return MAILED

    @router.post("/password-resets/confirmation")
    async def choose(form: NewPassword, later: BackgroundTasks) -> Said:
        """Choose a new password with the token of the mail; every device is signed out."""
        password_hash = await passwords.hashed(form.password)
        later.add_task(post.send, site, await _reset(site, form.token, form.password, password_hash))
        return Said(detail="The password is changed. Sign in at POST /v1/sessions.")

    return router


async def _mail_reset(site: Site, email: str) -> None:
    async with site.database.write() as session:
        user = await users.by_email(session, email)
        token = None if user is None else await tickets.issue(session, "reset", now(), user.id)
    if user is not None and token is not None:
        await post.send(site, mails.reset(site, user.email, token))
