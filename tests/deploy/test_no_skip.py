"""What tests/conftest.py promises: nothing that needs data, Kafka or Chromium skips under HPR_NO_SKIP=1."""

import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
TESTS = """
    import pytest

    @pytest.mark.browser
    def test_marked():
        pass

    def test_by_fixture(chromium):
        pass

    def test_unmarked():
        pytest.skip("elsewhere")
"""


@pytest.fixture
def without_chromium(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small project with the real conftest.py on a machine where there is no Chromium."""
    monkeypatch.setenv("CHROMIUM", "no-such-program")
    monkeypatch.syspath_prepend(CONFTEST.parents[1])
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makeini(
        "[pytest]\naddopts = -p no:asyncio\nmarkers =\n    data: it\n    kafka: it\n    browser: it\n"
    )
    pytester.makepyfile(TESTS)
    return pytester


def test_such_tests_skip_with_a_reason(
    without_chromium: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HPR_NO_SKIP", raising=False)
    result = without_chromium.runpytest_inprocess("-rs")
    result.assert_outcomes(skipped=3)
    result.stdout.fnmatch_lines(["*no chromium: install the Debian package chromium*"])


def test_they_fail_under_no_skip(without_chromium: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HPR_NO_SKIP", "1")
    result = without_chromium.runpytest_inprocess("-rE")
    result.assert_outcomes(errors=2, skipped=1)
    result.stdout.fnmatch_lines(["*HPR_NO_SKIP=1*no chromium*"])


def test_one_that_skips_itself_fails_too(
    without_chromium: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPR_NO_SKIP", "1")
    monkeypatch.setenv("CHROMIUM", sys.executable)
    without_chromium.makepyfile('import pytest\ndef test_itself(chromium):\n    pytest.skip("not today")\n')
    result = without_chromium.runpytest_inprocess("-rf")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*HPR_NO_SKIP=1*not today*"])


def test_a_whole_file_cannot_skip_under_no_skip(
    without_chromium: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPR_NO_SKIP", "1")
    without_chromium.makepyfile(test_file='import pytest\npytest.importorskip("no_such_module")\n')
    result = without_chromium.runpytest_inprocess()
    result.assert_outcomes(errors=1)
