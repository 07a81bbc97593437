from dataclasses import astuple
from itertools import pairwise

import pytest

from gateway.accounts import tiers
from gateway.accounts.tiers import Tier


def test_every_tier_has_at_least_what_the_one_before_it_has() -> None:
    rows = [astuple(tiers.of(tier)) for tier in (None, *Tier)]
    for lower, higher in pairwise(rows):
        assert all(a <= b for a, b in zip(lower, higher, strict=True))


def test_a_tier_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="gold"):
        tiers.of("gold")
