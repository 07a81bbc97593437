"""Sessions: sign in with a password and a second factor, prove it again, sign out here or everywhere."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status
from pydantic import model_validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import cookies, passkeys, passwords, second_factor, sessions, throttle, users
from gateway.accounts.credentials import Session
from gateway.accounts.forms import Address, Credential, Form, Item, Out, Password, Token, email_key
from gateway.accounts.passkeys import PasskeyError
from gateway.accounts.principal import Person, Principal, unknown
from gateway.accounts.routes.common import (
    NOBODY,
    OPEN,
    REFUSED,
    SIGNED,
    address,
    cookie_header,
    half_signed_in,
    missing,
    now,
    wrong,
)
from gateway.accounts.sessions import Begun
from gateway.accounts.tables import User
from gateway.paging import Cursor, Limit, Page, page_of
from gateway.site import Site

Half = Annotated[Principal, Depends(half_signed_in)]


class SignIn(Form):
    """Who wants to sign in."""

    email: Address
    password: Password


class SecondFactor(Form):
    """One of the second factors."""

    totp: Token | None = None
    recovery_code: Token | None = None
    passkey: Credential | None = None

    @model_validator(mode="after")
    def _one(self) -> "SecondFactor":
        if sum(given is not None for given in (self.totp, self.recovery_code, self.passkey)) != 1:
            raise ValueError("give one of totp, recovery_code and passkey")
        return self


class Proof(Form):
    """The password, or a passkey's answer."""

    password: Password | None = None
    passkey: Credential | None = None

    @model_validator(mode="after")
    def _one(self) -> "Proof":
        if (self.password is None) == (self.passkey is None):
            raise ValueError("give one of password and passkey")
        return self


class ByPasskey(Form):
    """A passkey's answer."""

    passkey: Credential


class SessionState(Out):
    """A session. `second_factors` are those of which one is still due: until then it opens nothing."""

    user_id: UUID
    email: str
    tier: str
    csrf_token: str
    second_factors: list[str]


class SessionItem(Item):
    """One place where the account is signed in."""

    agent: str
    seen_at: datetime
    current: bool = False


async def state_of(site: Site, session: AsyncSession, begun: Begun) -> SessionState:
    """What whoever has just signed in hears."""
    user = await session.get_one(User, begun.session.user_id)
    due = await second_factor.factors(session, user.id) if begun.session.pending else []
    csrf = cookies.csrf_token(site, begun.token)
    return SessionState(
        user_id=user.id, email=user.email, tier=user.tier, csrf_token=csrf, second_factors=due
    )


async def sign_in(site: Site, form: SignIn, request: Request) -> tuple[Begun, SessionState]:
    """A session by password, pending where the user has a second factor. Raises ProblemError."""
    key = email_key(form.email)
    device = cookies.known_device(site, cookie_header(request), key)
    await throttle.try_password(site, address(request), key, device)
    async with site.database.read() as session:
        user = await users.by_email(session, form.email)
    right, newer = await passwords.verified(form.password, None if user is None else user.password_hash)
    if user is None or not right:
        raise wrong("Not signed in", "Address or password is wrong. POST /v1/password-resets helps.", NOBODY)
    if user.confirmed_at is None:
        raise wrong(
            "Address not confirmed", "Send the mail's token to POST /v1/accounts/confirmation.", REFUSED
        )
    async with site.database.write() as session:
        if newer is not None:
            (await session.get_one(User, user.id)).password_hash = newer
        due = bool(await second_factor.factors(session, user.id))
        begun = await sessions.begin(session, user.id, request.headers.get("user-agent", ""), due, now())
        return begun, await state_of(site, session, begun)


async def pass_factor(
    site: Site, form: SecondFactor, half: Principal, request: Request
) -> tuple[Begun, SessionState]:
    """The pending session made whole, under a new token. Raises ProblemError."""
    async with site.database.read() as session:
        user = await session.get_one(User, half.user_id)
    device = cookies.known_device(site, cookie_header(request), user.email_key)
    await throttle.try_factor(site, str(user.id), device)
    async with site.database.write() as session:
        right = await _holds(site, session, form, half.user_id)
        if right and half.session_id is not None:
            await sessions.end(session, half.user_id, half.session_id)
            agent = request.headers.get("user-agent", "")
            begun = await sessions.begin(session, half.user_id, agent, False, now())
            return begun, await state_of(site, session, begun)
    raise wrong("Not signed in", "The second factor does not hold: a code counts once, for a minute.", NOBODY)


async def _holds(site: Site, session: AsyncSession, form: SecondFactor, user_id: UUID) -> bool:
    if form.totp is not None:
        totp = await second_factor.check_totp(session, site.key("totp"), user_id, form.totp, now())
        return totp is not None and totp.confirmed_at is not None
    if form.recovery_code is not None:
        return await second_factor.use_code(session, user_id, form.recovery_code)
    return await passkey_holds(site, session, form.passkey or {}, user_id)


async def passkey_holds(site: Site, session: AsyncSession, answer: Credential, user_id: UUID) -> bool:
    """Whether a passkey of this user answered."""
    try:
        return await passkeys.use(session, site, answer, now()) == user_id
    except PasskeyError:
        return False


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1", tags=["session"])
    _signing_in(site, router)
    _passkeys(site, router)
    _this_one(site, router)
    _all_of_them(site, router)
    return router


def welcome(site: Site, response: Response, begun: Begun, state: SessionState) -> SessionState:
    """Set the cookies of a session that has just begun."""
    cookies.give_session(site, response, begun.token)
    if not begun.session.pending:
        cookies.give_device(site, response, email_key(state.email))
    response.headers["cache-control"] = "no-store"
    return state


def _signing_in(site: Site, router: APIRouter) -> None:
    @router.post("/sessions", status_code=status.HTTP_201_CREATED, responses=OPEN | SIGNED)
    async def begin(form: SignIn, request: Request, response: Response) -> SessionState:
        """Sign in. The answer sets a cookie; a second factor that is due goes to the next call."""
        return welcome(site, response, *await sign_in(site, form, request))

    @router.post("/session/second-factor", responses=SIGNED)
    async def second(form: SecondFactor, half: Half, request: Request, response: Response) -> SessionState:
        """Give one of the `second_factors`. The answer sets another cookie and has another csrf_token."""
        if not half.pending:
            raise wrong("Nothing is due", "This session has passed its second factor.")
        return welcome(site, response, *await pass_factor(site, form, half, request))


def _this_one(site: Site, router: APIRouter) -> None:
    @router.get("/session", responses=SIGNED)
    async def current(half: Half, request: Request) -> SessionState:
        """Who is signed in, the csrf_token for changes, and whether a second factor is due."""
        async with site.database.read() as session:
            user = await session.get(User, half.user_id)
            if user is None:
                raise unknown(request)
            due = await second_factor.factors(session, user.id) if half.pending else []
        csrf = str(request.scope["csrf_token"])
        return SessionState(
            user_id=user.id, email=user.email, tier=user.tier, csrf_token=csrf, second_factors=due
        )

    @router.post("/session/proof", status_code=status.HTTP_204_NO_CONTENT, responses=SIGNED)
    async def prove(form: Proof, principal: Person, request: Request) -> None:
        """Prove once more who you are, for what could cost you the account."""
        await _prove(site, form, principal, request)

    @router.delete("/session", status_code=status.HTTP_204_NO_CONTENT, responses=SIGNED)
    async def sign_out(half: Half, response: Response) -> None:
        """Sign out here."""
        async with site.database.write() as session:
            if half.session_id is not None:
                await sessions.end(session, half.user_id, half.session_id)
        cookies.take_session(site, response)


def _all_of_them(site: Site, router: APIRouter) -> None:
    @router.get("/sessions", responses=SIGNED)
    async def signed_in(principal: Person, cursor: Cursor = None, limit: Limit = 50) -> Page[SessionItem]:
        """Where the account is signed in, the newest first."""
        asked = select(Session).where(
            Session.user_id == principal.user_id, Session.expires_at > now(), Session.pending.is_(False)
        )
        async with site.database.read() as session:
            page = await page_of(session, asked, Session, SessionItem, cursor=cursor, limit=limit)
        for item in page.items:
            item.current = item.id == principal.session_id
        return page

    @router.delete("/sessions", status_code=status.HTTP_204_NO_CONTENT, responses=SIGNED)
    async def everywhere(principal: Person, response: Response) -> None:
        """Sign out everywhere, here too."""
        async with site.database.write() as session:
            await sessions.end_all(session, principal.user_id)
        cookies.take_session(site, response)

    @router.delete("/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT, responses=SIGNED)
    async def elsewhere(session_id: UUID, principal: Person) -> None:
        """Sign out one place."""
        async with site.database.write() as session:
            if not await sessions.end(session, principal.user_id, session_id):
                raise missing("session")


def _passkeys(site: Site, router: APIRouter) -> None:
    @router.post("/sessions/passkey/options", responses=OPEN)
    async def options() -> Credential:
        """What `navigator.credentials.get({publicKey})` takes."""
        async with site.database.write() as session:
            return await passkeys.offer_use(session, site, now())

    @router.post("/sessions/passkey", status_code=status.HTTP_201_CREATED, responses=OPEN | SIGNED)
    async def by_passkey(form: ByPasskey, request: Request, response: Response) -> SessionState:
        """Sign in with a passkey, which is both factors at once."""
        await throttle.check(site, throttle.ADDRESS, address(request))
        async with site.database.write() as session:
            try:
                user_id = await passkeys.use(session, site, form.passkey, now())
            except PasskeyError as error:
                raise wrong("Not signed in", f"The passkey does not do: {error}.", NOBODY) from error
            agent = request.headers.get("user-agent", "")
            begun = await sessions.begin(session, user_id, agent, False, now())
            state = await state_of(site, session, begun)
        return welcome(site, response, begun, state)


async def _prove(site: Site, form: Proof, principal: Principal, request: Request) -> None:
    async with site.database.read() as session:
        user = await session.get_one(User, principal.user_id)
    device = cookies.known_device(site, cookie_header(request), user.email_key)
    await throttle.try_password(site, address(request), user.email_key, device)
    right = False
    if form.password is not None:
        right, _ = await passwords.verified(form.password, user.password_hash)
    async with site.database.write() as session:
        if form.passkey is not None:
            right = await passkey_holds(site, session, form.passkey, user.id)
        if right and principal.session_id is not None:
            await sessions.prove(session, principal.session_id, now())
            return
    raise wrong("Not proved", "The password or passkey is wrong.", REFUSED)
