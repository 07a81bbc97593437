"""Who asks: a person in a session or a program with a key, and what each may do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.types import Scope as AsgiScope

from gateway.accounts import tiers
from gateway.accounts.play import Withheld
from gateway.accounts.tiers import Entitlements
from gateway.problems import ProblemError

FRESH = timedelta(minutes=10)
"""How long a proof of who somebody is lasts for what could cost them the account."""


class Scope(StrEnum):
    """What an API key may do."""

    READ_RACES = "read:races"
    READ_HISTORY = "read:history"
    READ_LIVE = "read:live"
    READ_PREFERENCES = "read:preferences"
    WRITE_PREFERENCES = "write:preferences"
    READ_RULES = "read:rules"
    WRITE_RULES = "write:rules"
    READ_ALERTS = "read:alerts"
    READ_WEBHOOKS = "read:webhooks"
    WRITE_WEBHOOKS = "write:webhooks"
    WRITE_INTERACTIONS = "write:interactions"


ALL = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. A session has `session_id` and every scope, a key has `key_id` and its own."""

    user_id: UUID
    tier: str
    scopes: frozenset[Scope] = ALL
    session_id: UUID | None = None
    key_id: UUID | None = None
    proved_at: datetime | None = None
    pending: bool = False
    """A second factor is still due."""
    withheld: Withheld | None = None
    """That value, tickets and alerts are withheld from this user now."""

    @property
    def entitlements(self) -> Entitlements:
        """What the tier of the account gives."""
        return tiers.of(self.tier)


def asker(request: Request) -> Principal | None:
    """Whoever asks and is fully signed in, or None: for routes that are open to all."""
    found: Principal | None = request.scope.get("principal")
    return None if found is None or found.pending else found


def needs(scope: Scope) -> Callable[[Request], Principal]:
    """A dependency: whoever asks, who must be signed in or bring a key with `scope`."""

    def check(request: Request) -> Principal:
        principal = asker(request)
        if principal is None:
            raise unknown(request)
        check_scope(request.scope, scope)
        return principal

    return check


def check_scope(asked: AsgiScope, scope: Scope) -> None:
    """Raise ProblemError if what was asked came with a key that has no `scope`; without one it may pass."""
    principal: Principal | None = asked.get("principal")
    if principal is not None and scope not in principal.scopes:
        detail = f"This key has no scope {scope}. Make one that has it at POST /v1/keys."
        raise ProblemError(HTTPStatus.FORBIDDEN, "Not allowed", detail)


def check_not_withheld(principal: Principal) -> None:
    """Raise ProblemError while a pause or self-exclusion withholds alerts and tickets from whoever asks."""
    if (said := principal.withheld) is not None:
        detail = f"A {said.why} is in force until {said.until.isoformat()}: until then there are no alerts."
        raise ProblemError(HTTPStatus.FORBIDDEN, "Withheld", detail)


def entitlements_of(asked: AsgiScope) -> Entitlements | None:
    """What whoever asks is entitled to; None where there are no accounts, and so no bounds."""
    if "principal" not in asked:
        return None
    principal: Principal | None = asked["principal"]
    return tiers.ANONYMOUS if principal is None or principal.pending else principal.entitlements


def person(request: Request) -> Principal:
    """A dependency: a person who is signed in; keys manage no account."""
    principal = asker(request)
    if principal is None:
        raise unknown(request)
    if principal.session_id is None:
        detail = "A key cannot do this: sign in at POST /v1/sessions and send its cookie."
        raise ProblemError(HTTPStatus.FORBIDDEN, "Not allowed", detail)
    return principal


def fresh_person(request: Request) -> Principal:
    """A dependency: a person who proved who they are within the last 10 minutes."""
    principal = person(request)
    if principal.proved_at is None or datetime.now(UTC) - principal.proved_at > FRESH:
        detail = (
            "Prove once more who you are, with your password at POST /v1/session/proof, then do this again."
        )
        raise ProblemError(HTTPStatus.FORBIDDEN, "Proof needed", detail)
    return principal


def unknown(request: Request) -> ProblemError:
    """Nobody is signed in, as far as can be proved."""
    if request.scope.get("unproved"):
        detail = "Send the csrf_token that GET /v1/session gives as X-CSRF-Token with every change."
        return ProblemError(HTTPStatus.FORBIDDEN, "Not proved to be yours", detail)
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "Not signed in",
        "Sign in at POST /v1/sessions and send its cookie, or send a key: Authorization: Bearer hpr_….",
        headers={"www-authenticate": 'Bearer realm="hpr"'},
    )


Asker = Annotated[Principal | None, Depends(asker)]
Person = Annotated[Principal, Depends(person)]
FreshPerson = Annotated[Principal, Depends(fresh_person)]
