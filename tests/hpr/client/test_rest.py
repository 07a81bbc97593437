import httpx
import pytest

from hpr.client import RefusedError
from hpr.client.rest import answer, headers, live_address


def _response(status: int, **content: object) -> httpx.Response:
    return httpx.Response(status, request=httpx.Request("GET", "http://gateway/v1/races"), **content)  # type: ignore[arg-type]


def test_a_problem_is_an_error_that_says_what_to_do() -> None:
    problem = {"title": "Not ready", "detail": "Try again in a moment.", "status": 503}
    with pytest.raises(RefusedError, match=r"Not ready: Try again in a moment\.") as refused:
        answer(_response(503, json=problem, headers={"retry-after": "2"}))
    assert (refused.value.status, refused.value.retry_after) == (503, 2.0)


def test_what_a_proxy_says_is_an_error_too() -> None:
    with pytest.raises(RefusedError, match="Bad Gateway: /v1/races answered 502"):
        answer(_response(502, text="<html>"))


def test_the_live_protocol_is_beside_rest() -> None:
    assert live_address("http://127.0.0.1:8000") == "ws://127.0.0.1:8000/v1/ws"
    assert live_address("https://races.example/app/") == "wss://races.example/app/v1/ws"


def test_a_token_goes_into_a_header_never_into_an_address() -> None:
    assert headers("secret")["authorization"] == "Bearer secret"
    assert "authorization" not in headers(None)
