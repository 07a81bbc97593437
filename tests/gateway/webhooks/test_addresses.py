"""Nothing is sent to a private network, whatever its address is written as and whatever a name says later."""

import asyncio
from itertools import cycle

import aiohttp
import pytest

from gateway.errors import GatewayError
from gateway.webhooks.addresses import check_url, connector, forbidden

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8", "::1", "::", "fe80::1", "fe80::1%eth0",
    "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "fec0::1", "2001:db8::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert forbidden(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"]
)
def test_public_addresses_are_not(address: str) -> None:
    assert forbidden(address) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "ftp://example.org",
        "https://user:word@example.org/", "https://example.org:22/", "https://localhost/", "https://a.localhost./",
        "https://example.org/#x", "https://example.org:99999/", "https://",
        "https://example.org/" + "x" * 3000,
    ],
)  # fmt: skip
def test_urls_that_cannot_be_meant_are_refused(url: str) -> None:
    with pytest.raises(GatewayError):
        check_url(url)


def test_a_public_url_is_taken() -> None:
    assert check_url("https://example.org:8443/hook?x=1") == "https://example.org:8443/hook?x=1"


async def _status(url: str, via: aiohttp.TCPConnector) -> int:
    async with aiohttp.ClientSession(connector=via) as session, session.post(url, data=b"x") as answer:
        return answer.status


async def _serving() -> tuple[asyncio.Server, int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def test_a_name_that_resolves_to_a_private_address_is_not_connected_to() -> None:
    server, port = await _serving()
    try:
        named = connector(resolve=lambda _host, _port: [("127.0.0.1", port)])
        with pytest.raises(aiohttp.ClientConnectorError, match=r"127\.0\.0\.1 is not on the public internet"):
            await _status("http://hooks.example.org/", named)
        allowed = connector(private=True, resolve=lambda _host, _port: [("127.0.0.1", port)])
        assert await _status("http://hooks.example.org/", allowed) == 200
    finally:
        server.close()
        await server.wait_closed()


async def test_a_name_that_turns_private_between_check_and_use_is_not_connected_to() -> None:
    server, port = await _serving()
    answers = cycle(["198.51.100.1", "127.0.0.1", "::ffff:127.0.0.1"])
    asked: list[str] = []

    def rebinding(_host: str, _port: int) -> list[tuple[str, int]]:
        asked.append(next(answers))
        return [(asked[-1], port)]

    try:
        for _ in range(3):
            with pytest.raises(aiohttp.ClientConnectorError, match="not on the public internet"):
                await _status("http://hooks.example.org/", connector(resolve=rebinding))
        assert len(asked) == 3
    finally:
        server.close()
        await server.wait_closed()


async def test_an_address_that_stands_in_the_url_itself_is_checked_too() -> None:
    with pytest.raises(aiohttp.ClientConnectorError, match="not on the public internet"):
        await _status("http://127.0.0.1:9/", connector())
