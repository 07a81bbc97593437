"""Would have fired: a rule tried on a day that has been, before anyone depends on it."""

from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from gateway.accounts.forms import Form, Out
from gateway.accounts.principal import Principal, Scope, check_not_withheld, needs
from gateway.accounts.routes.common import MISSING, REFUSED, SIGNED, may_fail, wrong
from gateway.alerts.previews import BusyError, Previews
from gateway.alerts.rules import Rule
from gateway.delivery import outbox
from gateway.errors import GatewayError
from gateway.problems import ProblemError
from gateway.site import Site
from schemas.errors import HprError
from schemas.identity import iso

Reader = Annotated[Principal, Depends(needs(Scope.READ_RULES))]
AWAY = HTTPStatus.SERVICE_UNAVAILABLE
RETRY_SECONDS = 5


class AskPreview(Form):
    """A rule, and the racing day to try it on."""

    rule: Rule
    day: date


class WouldHaveFired(Out):
    """One time it would have fired."""

    at: str
    race_id: str
    title: str
    text: str


class PreviewItem(Out):
    """How often, and the first of them. `whole` is false if the day was too much to look through."""

    day: date
    times: int
    whole: bool
    first: list[WouldHaveFired]


def routes(site: Site) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/rules", tags=["rules"], responses=SIGNED)

    @router.post("/preview", responses=may_fail(MISSING, AWAY))
    async def preview_rule(form: AskPreview, principal: Reader, request: Request) -> PreviewItem:
        """How often a rule would have fired on a racing day, and on what. Nothing is sent or kept."""
        check_not_withheld(principal)
        reaches = datetime.now(UTC).date() - timedelta(days=principal.entitlements.history_days)
        if form.day < reaches:
            detail = f"The tier {principal.tier} looks back to {reaches}: give a later day."
            raise wrong("Too long ago", detail, REFUSED)
        previews: Previews = request.app.state.previews
        if previews.where.archive is None:
            detail = "This gateway has no archive to look through: its operator sets HPR_ARCHIVE."
            raise wrong("No archive", detail, MISSING)
        async with site.database.read() as session:
            follows = await outbox.tracked(session, principal.user_id)
        try:
            found = await previews.find(form.rule, form.day, follows.get(principal.user_id, ()))
        except BusyError as error:
            raise ProblemError(AWAY, "Busy", f"{error}.", RETRY_SECONDS) from error
        except (HprError, GatewayError, OSError) as error:
            raise ProblemError(AWAY, "History is away", f"{error}.", RETRY_SECONDS) from error
        first = [
            WouldHaveFired(at=iso(each.event_time), race_id=each.race_id, title=each.title, text=each.text)
            for each in found.preview.first
        ]
        return PreviewItem(day=form.day, times=found.preview.times, whole=found.whole, first=first)

    return router
