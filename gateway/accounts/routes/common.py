"""What the routes share."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import Request

from gateway.accounts.passwords import weakness
from gateway.accounts.principal import Principal, unknown
from gateway.contract import Problem
from gateway.problems import ProblemError


def may_fail(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Answers that are problems, for the description of a route."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        int(status): {"model": Problem, "description": status.phrase, "content": content}
        for status in statuses
    }


BAD = HTTPStatus.UNPROCESSABLE_ENTITY
NOBODY = HTTPStatus.UNAUTHORIZED
REFUSED = HTTPStatus.FORBIDDEN
MISSING = HTTPStatus.NOT_FOUND
CONFLICT = HTTPStatus.CONFLICT
MANY = HTTPStatus.TOO_MANY_REQUESTS
OPEN = may_fail(HTTPStatus.BAD_REQUEST, REFUSED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, BAD, MANY)
"""How routes that are open to all may fail."""
SIGNED = may_fail(HTTPStatus.BAD_REQUEST, NOBODY, REFUSED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, BAD, MANY)
"""How routes for whoever is signed in may fail."""


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def address(request: Request) -> str:
    """Where a request came from."""
    return str(request.scope.get("address", "unknown"))


def cookie_header(request: Request) -> str:
    """The cookies as they came."""
    return request.headers.get("cookie", "")


def half_signed_in(request: Request) -> Principal:
    """A dependency: whoever is in a session, a second factor due or not; raises ProblemError."""
    principal: Principal | None = request.scope.get("principal")
    if principal is None or principal.session_id is None:
        raise unknown(request)
    return principal


def wrong(title: str, detail: str, status: HTTPStatus = BAD) -> ProblemError:
    """What was sent does not do."""
    return ProblemError(status, title, detail)


def missing(what: str) -> ProblemError:
    """There is no such thing, or it is somebody else's, which is the same to whoever asks."""
    return ProblemError(MISSING, "Not found", f"You have no such {what}.")


def check_strength(password: str, email: str) -> None:
    """Raise ProblemError for a password that does not do."""
    if weak := weakness(password, email):
        raise wrong("Choose another password", f"{weak[:1].upper()}{weak[1:]}.")
