"""One connection kept up: what is dropped, stalled or refused comes back, or says why it cannot."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from feeds.betfair.live.connection import SESSIONS_REFUSED, Address, Clock, Connection
from feeds.betfair.live.protocol import Changed, Subscription, Unreadable
from feeds.betfair.live.session import Account, tls
from schemas.errors import FeedError
from tests.feeds.betfair.live.desk import Betfair, betfair, until
from tests.feeds.betfair.live.exchange import Authority, Update

DAY = [Update(str(at), 1_667_711_593_760 + at, "1.1", b'{"id":"1.1","tv":%d.0}' % at) for at in range(100)]


class Line:
    """A connection at work, what it said, and how long it napped."""

    def __init__(self, small: Betfair, account: Account) -> None:
        self.said: list[Changed | Unreadable] = []
        self.naps: list[float] = []
        address = Address("127.0.0.1", small.exchange.port, tls(small.authority.ca))
        clock = Clock(sleep=self._nap, random=lambda: 0.5)
        wanted = Subscription(("1.1",), heartbeat_ms=500)
        self.connection = Connection(1, address, account, wanted, self.said.append, clock)

    async def _nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        await asyncio.sleep(0)

    @property
    def totals(self) -> list[bytes]:
        """The changes heard, in order."""
        return [bytes(raw) for said in self.said if isinstance(said, Changed) for raw in said.changes]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        task = asyncio.create_task(self.connection.run())
        yield task
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
async def small(authority: Authority) -> AsyncIterator[Betfair]:
    """A small Betfair with a day of one market."""
    async with betfair(authority) as small:
        small.exchange.day = DAY
        yield small


@pytest.fixture
async def line(small: Betfair) -> AsyncIterator[Line]:
    """A connection to it that does not run yet."""
    async with small.account() as account:
        yield Line(small, account)


async def heard(line: Line) -> None:
    await until(lambda: line.totals and line.totals[-1] == DAY[-1].change)


async def test_it_logs_in_subscribes_and_hears(small: Betfair, line: Line) -> None:
    async with line.running():
        await heard(line)
        assert line.totals == [update.change for update in DAY]
        while_running = line.connection.pulse.subscribed
    assert (while_running, line.connection.pulse.subscribed) == (True, False)
    [request] = small.exchange.asked("marketSubscription")
    assert request["marketFilter"] == {"marketIds": ["1.1"]}


async def test_dropped_it_goes_on_where_it_stopped(small: Betfair, line: Line) -> None:
    small.exchange.drops = {10, 50}
    async with line.running():
        await heard(line)
    assert line.totals == [update.change for update in DAY]
    first, second, third = small.exchange.asked("marketSubscription")
    assert "clk" not in first
    assert (second["initialClk"], second["clk"]) == ("initial", "9")
    assert third["clk"] == "49"
    assert line.naps == [0.25, 0.5]
    assert line.connection.pulse.trouble == "Betfair closed the connection"


async def test_a_stall_is_a_drop(small: Betfair, line: Line) -> None:
    small.exchange.faults.append({"stall_at": 40})
    async with line.running():
        await heard(line)
    assert line.totals == [update.change for update in DAY]
    assert line.connection.pulse.trouble == "nothing heard for 1 s"


async def test_garbage_is_handed_on_and_the_connection_stays(small: Betfair, line: Line) -> None:
    small.exchange.garbage = {7: b"\x00\xff garbage", 30: b'{"op":'}
    async with line.running():
        await heard(line)
    assert [said.line for said in line.said if isinstance(said, Unreadable)] == [
        b"\x00\xff garbage",
        b'{"op":',
    ]
    assert line.totals == [update.change for update in DAY]
    assert line.connection.drops == 0


@pytest.mark.parametrize("op", ["authentication", "marketSubscription"])
@pytest.mark.parametrize("code", ["NO_APP_KEY", "INVALID_APP_KEY", "NOT_AUTHORIZED"])
async def test_where_betfair_refuses_for_good_it_ends_with_one_line(
    small: Betfair, line: Line, op: str, code: str
) -> None:
    small.exchange.faults.append({op: code})
    with pytest.raises(FeedError, match=f"Betfair says {code}: because; ") as ended:
        await line.connection.run()
    assert "\n" not in str(ended.value)
    assert small.exchange.connections == 1


@pytest.mark.parametrize("op", ["authentication", "marketSubscription"])
@pytest.mark.parametrize(
    "code", ["SUBSCRIPTION_LIMIT_EXCEEDED", "MAX_CONNECTION_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS", "TIMEOUT"]
)
async def test_at_a_limit_it_says_what_to_do_and_goes_slower(
    small: Betfair, line: Line, op: str, code: str
) -> None:
    small.exchange.faults += [{op: code}, {op: code, "closed": False}]
    async with line.running():
        await heard(line)
    assert line.naps == [60.25, 60.5]
    assert line.connection.pulse.trouble.startswith(f"Betfair says {code}: because; ")


@pytest.mark.parametrize("code", ["UNEXPECTED_ERROR", "CONNECTION_FAILED", "NEW_CODE"])
async def test_other_errors_are_tried_again(small: Betfair, line: Line, code: str) -> None:
    small.exchange.faults.append({"marketSubscription": code})
    async with line.running():
        await heard(line)
    assert line.naps == [0.25]


async def test_a_session_that_ended_is_renewed_at_once(small: Betfair, line: Line) -> None:
    await line.connection.account.token()
    small.website.sessions.clear()
    async with line.running():
        await heard(line)
    assert small.website.logins == 2
    assert line.naps == [0.0]


async def test_a_new_session_that_is_refused_too_ends_it(small: Betfair, line: Line) -> None:
    small.exchange.sessions = set()
    with pytest.raises(FeedError, match="Betfair says INVALID_SESSION_INFORMATION"):
        await line.connection.run()
    assert small.website.logins == 2


async def test_a_session_may_end_many_times_as_long_as_the_new_one_is_good(
    small: Betfair, line: Line
) -> None:
    small.exchange.drops = {10, 20, 30}
    refused = {"authentication": "NO_SESSION"}
    small.exchange.faults += [refused, {}, refused, {}, refused]
    async with line.running():
        await heard(line)
    assert small.website.logins == 4
    assert line.totals == [update.change for update in DAY]


async def test_a_session_refused_once_is_not_held_against_it_after_other_troubles(
    small: Betfair, line: Line
) -> None:
    refused = {"authentication": "NO_SESSION"}
    small.exchange.faults += [refused, {"authentication": "UNEXPECTED_ERROR"}, refused]
    async with line.running():
        await heard(line)
    assert line.totals == [update.change for update in DAY]


async def test_a_session_that_the_subscription_finds_ended_is_renewed_a_few_times(
    small: Betfair, line: Line
) -> None:
    small.exchange.faults += [{"marketSubscription": "NO_SESSION"}] * SESSIONS_REFUSED
    async with line.running():
        await heard(line)
    assert small.website.logins == SESSIONS_REFUSED + 1
    assert line.naps == [0.0] * SESSIONS_REFUSED


async def test_a_session_that_ends_under_a_good_subscription_is_renewed_without_a_rush(
    small: Betfair, line: Line
) -> None:
    ended = b'{"op":"status","statusCode":"FAILURE","errorCode":"NO_SESSION"}'
    small.exchange.garbage = {30: ended}
    async with line.running():
        await heard(line)
    assert small.website.logins == 2
    assert line.naps == [0.25]
    assert line.totals == [update.change for update in DAY]


async def test_where_no_session_is_good_for_the_subscription_it_ends(small: Betfair, line: Line) -> None:
    small.exchange.faults += [{"marketSubscription": "NO_SESSION"}] * (SESSIONS_REFUSED + 1)
    with pytest.raises(FeedError, match="Betfair says NO_SESSION"):
        await line.connection.run()
    assert small.exchange.connections == SESSIONS_REFUSED + 1


async def test_a_wrong_password_ends_it(small: Betfair) -> None:
    async with small.account(password="wrong") as account:
        with pytest.raises(FeedError, match="refuses the login"):
            await Line(small, account).connection.run()


async def test_clocks_that_are_too_old_are_forgotten(small: Betfair, line: Line) -> None:
    small.exchange.drops = {40}
    small.exchange.faults += [{}, {"marketSubscription": "INVALID_CLOCK"}]
    async with line.running():
        await heard(line)
    requests = small.exchange.asked("marketSubscription")
    assert [request.get("clk") for request in requests] == [None, "39", None]
    assert line.naps == [0.25, 0.0]
    assert line.totals == [update.change for update in (*DAY[:40], *DAY)]


async def test_clocks_refused_where_none_were_sent_are_not_hurried_after(small: Betfair, line: Line) -> None:
    small.exchange.faults += [{"marketSubscription": "INVALID_CLOCK"}] * 3
    async with line.running():
        await heard(line)
    assert line.naps == [0.25, 0.5, 1.0]


async def test_where_nobody_answers_it_tries_again(small: Betfair, line: Line) -> None:
    address, line.connection.address = line.connection.address, line.connection.address._replace(port=9)
    async with line.running():
        await until(lambda: len(line.naps) > 2)
        line.connection.address = address
        await heard(line)
    assert line.naps[:3] == [0.25, 0.5, 1.0]


async def test_to_a_server_that_is_not_betfair_nothing_is_said(small: Betfair, line: Line) -> None:
    line.connection.address = line.connection.address._replace(tls=tls())
    async with line.running():
        await until(lambda: line.naps)
    assert small.exchange.requests == []
    assert "CERTIFICATE_VERIFY_FAILED" in line.connection.pulse.trouble


async def test_other_markets_are_subscribed_to_on_the_same_connection(small: Betfair, line: Line) -> None:
    async with line.running():
        await heard(line)
        small.exchange.day = [
            *DAY,
            *(replace(update, market_id="1.2", clk=f"2-{update.clk}") for update in DAY),
        ]
        line.connection.subscribe(("1.1", "1.2"))
        await until(lambda: len(line.totals) == 300)
    assert small.exchange.connections == 1
    assert [r["id"] for r in small.exchange.asked("marketSubscription")] == [2, 3]
    assert "clk" not in small.exchange.requests[-1]


async def test_late_data_shows_in_the_pulse_until_it_is_not(small: Betfair, line: Line) -> None:
    small.exchange.late = True
    async with line.running():
        await until(lambda: line.connection.pulse.late)
        small.exchange.late = False
        await until(lambda: not line.connection.pulse.late)
