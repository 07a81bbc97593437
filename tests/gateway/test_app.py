import socket

import pytest

from gateway.app import listen, serve
from gateway.errors import GatewayError
from schemas.errors import HprError


def test_a_taken_port_is_one_line_that_says_what_to_do_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(GatewayError, match=f":{port}: address already in use; try another") as said:
            serve("127.0.0.1", port, "127.0.0.1:9")
    assert "\n" not in str(said.value)
    assert isinstance(said.value, HprError)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(GatewayError, match=r"cannot listen on 192\.0\.2\.1:8000"):
        listen("192.0.2.1", 8000)


def test_port_0_is_any_free_one() -> None:
    with listen("127.0.0.1", 0) as bound:
        assert bound.getsockname()[1] > 0
