"""The authenticator app and the recovery codes."""

from fastapi import APIRouter, BackgroundTasks, status
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import mails, post, second_factor, throttle
from gateway.accounts.credentials import Totp
from gateway.accounts.forms import Form, Out, Token
from gateway.accounts.principal import FreshPerson, Person
from gateway.accounts.routes.common import CONFLICT, MISSING, SIGNED, may_fail, missing, now, wrong
from gateway.accounts.tables import User
from gateway.site import Site


class TotpOffer(Out):
    """What an authenticator app takes: the secret, or the URI as a QR code."""

    secret: str
    uri: str


class TotpCode(Form):
    """The code that the app shows."""

    code: Token


class RecoveryCodes(Out):
    """Shown once. Null where there are some already."""

    recovery_codes: list[str] | None


async def _has_app(session: AsyncSession, principal: Person) -> bool:
    totp = await session.get(Totp, principal.user_id)
    return totp is not None and totp.confirmed_at is not None


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/account", tags=["second factor"], responses=SIGNED)

    async def tell(later: BackgroundTasks, principal: Person, what: str) -> None:
        async with site.database.read() as session:
            user = await session.get_one(User, principal.user_id)
        later.add_task(post.send, site, mails.changed(site, user.email, what))

    @router.post("/totp", status_code=status.HTTP_201_CREATED, responses=may_fail(CONFLICT))
    async def offer(principal: FreshPerson) -> TotpOffer:
        """A secret for an authenticator app; it counts once a code of it is confirmed."""
        async with site.database.write() as session:
            if await _has_app(session, principal):
                raise wrong("There is one", "DELETE /v1/account/totp takes the old one out first.", CONFLICT)
            user = await session.get_one(User, principal.user_id)
            secret, uri = await second_factor.offer_totp(session, site.key("totp"), user.id, user.email)
        return TotpOffer(secret=secret, uri=uri)

    @router.post("/totp/confirmation", responses=may_fail(CONFLICT))
    async def confirm(form: TotpCode, principal: FreshPerson, later: BackgroundTasks) -> RecoveryCodes:
        """Confirm the app with a code. The recovery codes of the answer are never shown again."""
        await throttle.try_factor(site, str(principal.user_id), None)
        async with site.database.write() as session:
            if await _has_app(session, principal):
                raise wrong("Confirmed already", "The app is in force.", CONFLICT)
            at, whose = now(), principal.user_id
            if not await second_factor.check_totp(session, site.key("totp"), whose, form.code, at):
                raise wrong("Code not valid", "Give the code that the app shows now; is its clock right?")
            await second_factor.confirm_totp(session, whose, at)
            codes = await second_factor.first_codes(session, whose)
        await tell(later, principal, "an authenticator app was added")
        return RecoveryCodes(recovery_codes=codes)

    @router.delete("/totp", status_code=status.HTTP_204_NO_CONTENT, responses=may_fail(MISSING))
    async def remove(principal: FreshPerson, later: BackgroundTasks) -> None:
        """Take the authenticator app out."""
        async with site.database.write() as session:
            if not await second_factor.remove_totp(session, principal.user_id):
                raise missing("authenticator app")
        await tell(later, principal, "the authenticator app was taken out")

    @router.post("/recovery-codes", status_code=status.HTTP_201_CREATED, responses=may_fail(CONFLICT))
    async def codes(principal: FreshPerson, later: BackgroundTasks) -> RecoveryCodes:
        """Ten new recovery codes, shown once; the old ones count no more."""
        async with site.database.write() as session:
            if not await second_factor.factors(session, principal.user_id):
                raise wrong("No second factor", "Add an app or a passkey first.", CONFLICT)
            made = await second_factor.new_codes(session, principal.user_id)
        await tell(later, principal, "new recovery codes were made")
        return RecoveryCodes(recovery_codes=made)

    return router
