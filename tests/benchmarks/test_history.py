from pathlib import Path

import pytest

from benchmarks import history
from schemas.errors import HprError


def test_rows_are_what_it_took_beside_what_it_may_and_each_provider_beside_all() -> None:
    figures = {"us": {"events": 100.0, "seconds": 2.0}, "uk-ire": {"events": 300.0, "seconds": 4.0}}
    took, memory, us, uk_ire = history.rows([(8.0, 512.0, figures)])
    assert (took.what, took.ours, took.theirs, took.unit) == ("all, 400 events", 8.0, 600.0, "s")
    assert (memory.ours, memory.theirs, memory.ratio) == (512.0, 4096.0, 0.125)
    assert (us.ours, us.theirs) == (50.0, 50.0)
    assert uk_ire.ratio == 1.5


def test_without_records_it_says_what_it_wants(tmp_path: Path) -> None:
    with pytest.raises(HprError, match="this benchmark loads the records in it"):
        history.measure(records=tmp_path / "none")


@pytest.mark.kafka
def test_a_feed_that_fails_is_an_error(kafka: object, tmp_path: Path) -> None:
    with pytest.raises(HprError, match="ended with status 1"):
        history.load(kafka.bootstrap, "empty.", tmp_path)  # type: ignore[attr-defined]
