"""Makers of small stream messages: a race of three horses at Randwick, and whatever a test changes in it."""

from collections.abc import Callable
from typing import Any

import msgspec
import orjson
import pytest

from feeds.betfair.messages import Definition

Json = dict[str, Any]
PT = 1_667_711_593_760
"""A publish time: 2022-11-06 05:13:13.760 UTC."""


@pytest.fixture(scope="session")
def pt() -> int:
    """A publish time, milliseconds."""
    return PT


def _runner(id: int, **changes: Any) -> Json:
    return {"id": id, "status": "ACTIVE", "sortPriority": id, "name": f"{id}. Horse {id}", **changes}


@pytest.fixture(scope="session")
def runner() -> Callable[..., Json]:
    """A runner of a market definition: its id and what is changed."""
    return _runner


def _define(**changes: Any) -> Json:
    market = {
        "eventTypeId": "7",
        "eventId": "31890001",
        "eventName": "Randwick (AUS) 6th Nov",
        "marketType": "WIN",
        "name": "R6 1000m Hcap",
        "marketTime": "2022-11-06T05:20:00.000Z",
        "status": "OPEN",
        "inPlay": False,
        "bspReconciled": False,
        "numberOfWinners": 1,
        "venue": "Randwick",
        "countryCode": "AU",
        "timezone": "Australia/Sydney",
        "runners": [_runner(1), _runner(2), _runner(3)],
    }
    return {**market, **changes}


@pytest.fixture(scope="session")
def define() -> Callable[..., Json]:
    """A market definition as JSON: a WIN market of three horses and what is changed."""
    return _define


@pytest.fixture(scope="session")
def defined() -> Callable[..., Definition]:
    """The same, decoded."""
    return lambda **changes: msgspec.convert(_define(**changes), Definition, strict=False)


def _say(*changes: Json, pt: int = PT, **message: Any) -> bytes:
    return orjson.dumps({"op": "mcm", "clk": "AAA", "pt": pt, "mc": list(changes), **message})


@pytest.fixture(scope="session")
def say() -> Callable[..., bytes]:
    """A stream message: its market changes, its publish time in milliseconds."""
    return _say


def _market(id: str = "1.1", definition: Json | None = None, **changes: Any) -> Json:
    defined = {} if definition is None else {"marketDefinition": definition}
    return {"id": id, **defined, **changes}


@pytest.fixture(scope="session")
def market() -> Callable[..., Json]:
    """A market change: its id, definition and the rest."""
    return _market
