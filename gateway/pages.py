"""The dashboard's files: the page always asked for anew, its hashed assets kept for good."""

import os
from http import HTTPStatus
from pathlib import Path

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.problems import ProblemError

BUILT = Path(__file__).with_name("static")
"""Where the dashboard's build puts its files."""

PAGE_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": (
        "default-src 'self'; base-uri 'self'; form-action 'self'; object-src 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
FOREVER = "public, max-age=31536000, immutable"

NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>HorseRacePro</title>
<style>
:root { color-scheme: light dark }
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem }
</style>
<h1>The dashboard is not built</h1>
<p>Run <code>make setup</code> in the project's folder, then load this page again. The gateway itself works:
<a href="v1/races">the races as JSON</a>, <a href="readyz">is it ready</a>.</p>
</html>
"""


class Assets(StaticFiles):
    """Files whose names change with their content, so that no reader asks for one twice."""

    async def check_config(self) -> None:
        """A folder that is not there yet is no fault: its files are not found until it is built."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, to be kept for good."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["cache-control"] = FOREVER
        response.headers["x-content-type-options"] = "nosniff"
        return response


def install(app: FastAPI, folder: Path) -> None:
    """Serve the dashboard in `folder` at `/`; it may be built while the gateway runs."""
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    async def page() -> Response:
        """The dashboard, or how to build it."""
        index = folder / "index.html"
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, 503, {"cache-control": "no-store"})
        return FileResponse(index, headers=PAGE_HEADERS)

    @router.get("/sw.js", include_in_schema=False)
    async def worker() -> Response:
        """The service worker that shows what is pushed; beside the page, for it rules what is below it."""
        script = folder / "sw.js"
        if not script.is_file():
            raise ProblemError(HTTPStatus.NOT_FOUND, "Not built", "Run `make setup` in the project's folder.")
        return FileResponse(script, headers=PAGE_HEADERS, media_type="text/javascript")

    app.include_router(router)
    app.mount("/assets", Assets(directory=folder / "assets", check_dir=False))
