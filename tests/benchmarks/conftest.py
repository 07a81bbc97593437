"""Tests ask whether a load is worked off, not how fast: no programs have to come to rest before it."""

import pytest


@pytest.fixture(autouse=True)
def no_rest_before_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.backlog.SETTLE_SECONDS", 0.0)
