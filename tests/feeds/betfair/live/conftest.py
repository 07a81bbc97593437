"""The certificate authority of the tests, and a market of the catalogue."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.feeds.betfair.live.exchange import Authority, Json


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority, made once."""
    return Authority(tmp_path_factory.mktemp("authority"))


def _market_entry(number: int = 1, **changes: Any) -> Json:
    return {
        "marketId": f"1.{number}",
        "marketName": "R6 1000m Hcap",
        "marketStartTime": "2022-11-06T05:20:00.000Z",
        "event": {"name": "Randwick (AUS) 6th Nov", "venue": "Randwick", "countryCode": "AU"},
        "runners": [{"selectionId": 11, "runnerName": "1. Kahuka"}],
        **changes,
    }


@pytest.fixture
def market_entry() -> Callable[..., Json]:
    """A market of the catalogue by its number, and what is changed."""
    return _market_entry
