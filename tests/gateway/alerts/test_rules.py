from uuid import uuid4

import pytest
from pydantic import ValidationError

from gateway.alerts.rules import Rule


def test_a_rule_is_data_and_reads_back_the_same() -> None:
    rule = Rule(kind="VALUE", tracks=("BEL",), threshold=0.1, channels=(uuid4(),))
    assert Rule.model_validate_json(rule.model_dump_json()) == rule


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "SCRATCH", "threshold": 0.1}, "SCRATCH has no threshold"),
        ({"kind": "VALUE", "of": "favourite"}, "`of` is for SCRATCH"),
        ({"kind": "VALUE", "threshold": 0.1, "until": 0.2}, "not above it"),
        ({"kind": "SCRATCH", "ticket": ["4"]}, "RACE_ID/RUNNER_ID"),
        ({"kind": "SCRATCH", "horse": ["Sea Hero"]}, "Extra inputs"),
    ],
)
def test_what_would_never_matter_is_refused_and_says_why(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Rule.model_validate(fields)


def test_the_hysteresis_follows_the_threshold() -> None:
    assert Rule(kind="VALUE").off == pytest.approx(0.02)
    assert Rule(kind="VALUE", threshold=0.10).off == pytest.approx(0.04)
    assert Rule(kind="VALUE", threshold=0.10, until=0.09).off == 0.09


@pytest.mark.parametrize("blank", [" ", "\x85", "\t\n"])
def test_blanks_alone_are_no_name(blank: str) -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        Rule(kind="SCRATCH", races=(blank,))
