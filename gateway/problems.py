"""Errors of the REST interface as RFC 9457 problem details: what went wrong and what to do."""

from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """A request that fails with `status`; `detail` says what to do about it."""

    def __init__(
        self,
        status: HTTPStatus,
        title: str,
        detail: str,
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        again = {} if retry_after is None else {"retry-after": str(retry_after)}
        self.headers = {**again, **(headers or {})}


def problem(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem as a response."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(orjson.dumps(body), status, {"cache-control": "no-store", **(headers or {})}, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every failed request of `app` with a problem."""

    @app.exception_handler(ProblemError)
    async def failed(_request: Request, error: ProblemError) -> Response:
        return problem(error.status, error.title, error.detail, error.headers)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        title = HTTPStatus(error.status_code).phrase
        detail = f"{request.method} {request.url.path}: {str(error.detail).lower()}; see /v1/openapi.json"
        return problem(error.status_code, title, detail, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        said = "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in error.errors())
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Request not understood", said)
