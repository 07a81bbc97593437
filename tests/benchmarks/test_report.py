import json

import pytest

from benchmarks.report import Report, machine, print_report, row

REPORT = Report(
    "replay",
    {"cpu": "a processor", "cores": 2, "python": "3.11.7"},
    [
        row("one market", "flumine", [50_000.0, 40_000.0, 60_000.0], [20_000.0], "messages/s"),
        row("block of 64", "shin", [5.0], [6.25], "us/race"),
    ],
)


def test_json_has_exactly_the_name_the_machine_and_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(REPORT, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "name": "replay",
        "machine": {"cpu": "a processor", "cores": 2, "python": "3.11.7"},
        "rows": [
            {
                "what": "one market",
                "peer": "flumine",
                "ours": 50_000.0,
                "theirs": 20_000.0,
                "ratio": 2.5,
                "unit": "messages/s",
            },
            {
                "what": "block of 64",
                "peer": "shin",
                "ours": 5.0,
                "theirs": 6.25,
                "ratio": 0.8,
                "unit": "us/race",
            },
        ],
    }


def test_json_has_the_lines_of_a_report_that_has_some(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(Report("memory", {}, [], {"resident": [1.0, 2.0]}), as_json=True)
    assert json.loads(capsys.readouterr().out)["series"] == {"resident": [1.0, 2.0]}


def test_people_get_a_table_with_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(REPORT, as_json=False)
    shown = capsys.readouterr().out
    assert "a processor, 2 cores, Python 3.11.7" in shown
    assert "flumine" in shown
    assert "block of 64" in shown


def test_a_row_takes_the_medians_and_their_ratio_ours_to_theirs() -> None:
    found = row("p50", "relay", [9.0, 1.0, 5.0], [2.0, 100.0, 1.0], "ms")
    assert (found.ours, found.theirs, found.ratio) == (5.0, 2.0, 2.5)


def test_the_machine_is_named() -> None:
    found = machine()
    assert list(found) == ["cpu", "cores", "python"]
    assert found["cpu"]
    assert isinstance(found["cores"], int)
    assert found["cores"] >= 1
