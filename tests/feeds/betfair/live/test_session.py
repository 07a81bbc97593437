"""Login with and without a certificate, keep-alive, calls; and what Betfair may answer instead."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from feeds.betfair.live.session import Account, Credentials, UnavailableError, tls
from schemas.errors import FeedError
from tests.feeds.betfair.live.exchange import APP_KEY, PASSWORD, USERNAME, Authority
from tests.feeds.betfair.live.website import Website, api_error

WANTED: dict[str, Any] = {"filter": {"marketStartTime": {"from": "2022-11-06T00:00:00"}}, "maxResults": 1}
ME = Credentials(APP_KEY, USERNAME, PASSWORD)


@pytest.fixture
async def website(authority: Authority) -> AsyncIterator[Website]:
    """Betfair's website on this machine."""
    async with Website(authority.server()) as website:
        yield website


def account(website: Website, authority: Authority, credentials: Credentials = ME) -> Account:
    return Account(credentials, website.address, website.address, authority.ca)


async def test_a_call_cancelled_at_any_moment_leaves_no_connection_open(authority: Authority) -> None:
    for turns in range(40):  # of the loop; a whole login takes some 25
        async with (
            asyncio.timeout(10),
            Website(authority.server()) as website,  # which waits for its connections to end
            account(website, authority) as me,
        ):
            login = asyncio.create_task(me.token())
            for _ in range(turns):
                await asyncio.sleep(0)
            login.cancel()
            await asyncio.wait([login])


class TestLogin:
    async def test_with_name_and_password(self, website: Website, authority: Authority) -> None:
        async with account(website, authority) as me:
            assert await me.token() == "session-1"
        [(path, headers, body)] = website.requests
        assert (path, body) == ("/api/login", "username=punter&password=secret")
        assert headers["x-application"] == APP_KEY
        assert headers["accept"] == "application/json"
        assert not website.certificates[0]

    async def test_with_a_certificate(self, website: Website, authority: Authority) -> None:
        certificate, key = authority.client_certificate()
        async with account(
            website, authority, Credentials(APP_KEY, USERNAME, PASSWORD, certificate, key)
        ) as me:
            assert await me.token() == "session-1"
        assert website.requests[0][0] == "/api/certlogin"
        assert website.certificates[0]["subjectAltName"] == (("email", "punter@example.org"),)

    async def test_the_token_is_shared(self, website: Website, authority: Authority) -> None:
        async with account(website, authority) as me:
            assert set(await asyncio.gather(*(me.token() for _ in range(5)))) == {"session-1"}
        assert website.logins == 1

    async def test_a_refused_token_is_replaced_once(self, website: Website, authority: Authority) -> None:
        async with account(website, authority) as me:
            token = await me.token()
            me.discard(token)
            assert await me.token() == "session-2"
            me.discard(token)
            assert await me.token() == "session-2"

    @pytest.mark.parametrize("with_certificate", [False, True])
    async def test_a_wrong_password_is_one_line_without_it(
        self, website: Website, authority: Authority, with_certificate: bool
    ) -> None:
        files = authority.client_certificate() if with_certificate else ()
        wrong = Credentials(APP_KEY, USERNAME, "hunter2", *files)
        async with account(website, authority, wrong) as me:
            with pytest.raises(FeedError) as refused:
                await me.token()
        assert not isinstance(refused.value, UnavailableError)
        assert "refuses the login of punter: INVALID_USERNAME_OR_PASSWORD; check HPR_BETFAIR_USERNAME" in str(
            refused.value
        )
        assert "hunter2" not in str(refused.value) + repr(wrong)
        assert "\n" not in str(refused.value)

    @pytest.mark.parametrize(
        ("status", "answer"),
        [
            (503, b""),
            (429, b""),
            (200, b"<html>"),
            (200, b"[]"),
            (502, b"{}"),
            (200, b'{"status":"FAIL","error":"INTERNAL_ERROR"}'),
        ],
    )
    async def test_an_answer_that_makes_no_sense_may_be_better_later(
        self, website: Website, authority: Authority, status: int, answer: bytes
    ) -> None:
        website.answers.append((status, answer))
        async with account(website, authority) as me:
            with pytest.raises(UnavailableError, match=r"127\.0\.0\.1|INTERNAL_ERROR"):
                await me.token()
            assert await me.token() == "session-1"

    async def test_no_answer_may_be_one_later(self, authority: Authority) -> None:
        async with Account(ME, "https://127.0.0.1:9", "https://127.0.0.1:9", authority.ca) as me:
            with pytest.raises(UnavailableError, match=r"127\.0\.0\.1 does not answer"):
                await me.token()

    async def test_a_server_that_is_not_betfair_gets_no_password(self, website: Website) -> None:
        async with Account(ME, website.address, website.address) as me:
            with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
                await me.token()
        assert website.requests == []


class TestFiles:
    def test_a_certificate_that_cannot_be_read_is_one_line(self, tmp_path: Path) -> None:
        with pytest.raises(FeedError, match=r"nowhere\.crt: no certificate can be read there"):
            Account(Credentials(APP_KEY, USERNAME, PASSWORD, tmp_path / "nowhere.crt"))

    def test_an_authority_that_cannot_be_read_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "ca.pem").write_text("no certificate", "utf-8")
        for name in ("ca.pem", "nowhere.pem"):
            with pytest.raises(FeedError, match=f"{name}: no certificate authority can be read there"):
                tls(tmp_path / name)


class TestKeepAlive:
    async def test_it_keeps_the_token(self, website: Website, authority: Authority) -> None:
        async with account(website, authority) as me:
            await me.token()
            await me.keep_alive()
            assert await me.token() == "session-1"
        path, headers, _ = website.requests[-1]
        assert (path, headers["x-authentication"]) == ("/api/keepAlive", "session-1")

    async def test_a_session_that_ended_is_replaced(self, website: Website, authority: Authority) -> None:
        async with account(website, authority) as me:
            await me.token()
            website.sessions.clear()
            await me.keep_alive()
            assert await me.token() == "session-2"


class TestCalls:
    async def test_the_result_is_given(self, website: Website, authority: Authority) -> None:
        async with account(website, authority) as me:
            assert await me.call("listMarketCatalogue", WANTED) == []
        path, headers, _ = website.requests[-1]
        assert path == "/exchange/betting/json-rpc/v1"
        assert (headers["x-application"], headers["x-authentication"]) == (APP_KEY, "session-1")

    async def test_a_session_that_ended_is_replaced_once(
        self, website: Website, authority: Authority
    ) -> None:
        async with account(website, authority) as me:
            await me.token()
            website.sessions.clear()
            assert await me.call("listMarketCatalogue", WANTED) == []
            website.answers += [(200, api_error("INVALID_SESSION_INFORMATION"))]
            website.answers += [(200, b'{"status":"SUCCESS","token":"x"}'), (200, api_error("NO_SESSION"))]
            with pytest.raises(FeedError, match="refuses listMarketCatalogue: NO_SESSION"):
                await me.call("listMarketCatalogue", WANTED)

    @pytest.mark.parametrize("code", ["TOO_MANY_REQUESTS", "SERVICE_BUSY", "TIMEOUT_ERROR", "DSC-0015"])
    async def test_a_busy_service_may_answer_later(
        self, website: Website, authority: Authority, code: str
    ) -> None:
        async with account(website, authority) as me:
            await me.token()
            website.answers.append((200, api_error(code)))
            with pytest.raises(UnavailableError, match=code):
                await me.call("listMarketCatalogue", WANTED)

    @pytest.mark.parametrize("answer", [b'{"error":{"message":"DSC-0018"}}', b'{"error":"x"}', b"{}"])
    async def test_an_answer_without_a_result_may_be_one_later(
        self, website: Website, authority: Authority, answer: bytes
    ) -> None:
        async with account(website, authority) as me:
            await me.token()
            website.answers.append((200, answer))
            with pytest.raises(UnavailableError, match=r"Betfair's API answers .* to listMarketCatalogue"):
                await me.call("listMarketCatalogue", WANTED)

    @pytest.mark.parametrize("code", ["INVALID_APP_KEY", "NO_APP_KEY", "INVALID_INPUT_DATA"])
    async def test_a_refusal_is_one_line(self, website: Website, authority: Authority, code: str) -> None:
        async with account(website, authority) as me:
            await me.token()
            website.answers.append((200, api_error(code)))
            with pytest.raises(
                FeedError, match=f"refuses listMarketCatalogue: {code}; check HPR_BETFAIR_APP_KEY"
            ):
                await me.call("listMarketCatalogue", WANTED)
