"""The race page past the framework: `GET /v1/races/{id}` is what is asked most, and is encoded already."""

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.hub import Hub
from gateway.problems import ProblemError
from gateway.rest import race_page

PREFIX = "/v1/races/"


class RacePage:
    """Answers the page of a race that is known; all else, and whatever is wrong, goes to the routes."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self._app = app
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        path: str = scope.get("path", "")
        if scope["type"] == "http" and scope["method"] == "GET" and path.startswith(PREFIX):
            race_id = path[len(PREFIX) :]
            if self._hub.board.whole and self._hub.board.race(race_id) is not None:
                try:
                    response = race_page(self._hub, race_id, scope)
                except ProblemError:
                    # The routes say it in their way.
                    pass
                else:
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)
