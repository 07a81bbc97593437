"""REST without I/O: which request asks for what, and what an answer says."""

from typing import Any

import httpx

from hpr.client.errors import RefusedError


def race(race_id: str) -> str:
    """Path of one race."""
    return f"/v1/races/{race_id}"


def history(race_id: str) -> str:
    """Path of a race's prices over time."""
    return f"/v1/races/{race_id}/history"


def filters(track: str | None, date: str | None) -> dict[str, str]:
    """Parameters of the list of races."""
    return {name: value for name, value in (("track", track), ("date", date)) if value is not None}


def headers(token: str | None) -> dict[str, str]:
    """Headers of every request."""
    return {"accept": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})


def answer(response: httpx.Response) -> Any:
    """What the gateway answered. Raises RefusedError with its problem if it said no."""
    if response.is_success:
        return response.json()
    try:
        said = response.json()
    except ValueError:
        said = {}
    problem = said if isinstance(said, dict) else {}
    after = response.headers.get("retry-after", "")
    raise RefusedError(
        response.status_code,
        problem.get("title") or response.reason_phrase,
        problem.get("detail") or f"{response.request.url.path} answered {response.status_code}",
        float(after) if after.isdigit() else None,
    )


def live_address(base: str) -> str:
    """The address of the live protocol beside that of REST."""
    url = httpx.URL(base)
    scheme = {"http": "ws", "https": "wss"}.get(url.scheme, url.scheme)
    return str(url.copy_with(scheme=scheme, path=url.path.rstrip("/") + "/v1/ws"))
