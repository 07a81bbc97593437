"""`hpr up` in a real browser: in the first minute odds move, a scratch changes the pace, a race is run."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from deploy.kafka.node import free_port
from tests.integration.services import wait_until

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
MINUTE_MS = 60_000


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole stack on its embedded broker; its address."""
    out, port = tmp_path_factory.mktemp("up") / "out", free_port()
    with out.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "hpr", "up", "--port", str(port), "--seed", "2"],
            stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    try:
        wait_until(lambda: "is up" in out.read_text() or process.poll() is not None, "the stack is up", 90)
        assert process.poll() is None, out.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, out.read_text()


@pytest.fixture(scope="module")
def page(chromium: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser.new_page(viewport={"width": 1280, "height": 900})
        browser.close()


def test_a_race_moves_loses_a_runner_and_is_decided(up: str, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(up)
    row = page.get_by_test_id("race-row").first
    expect(row).to_be_visible(timeout=40_000)
    race_id = row.get_attribute("data-race-id")
    page.goto(f"{up}/#/race/{race_id}")
    runners = page.get_by_test_id("runner")
    expect(runners.first).to_be_visible()

    before = page.get_by_test_id("price").all_inner_texts()
    wait_until(lambda: page.get_by_test_id("price").all_inner_texts() != before, "odds move", 20)

    expect(page.get_by_test_id("bet").first).to_be_visible()
    page.get_by_label("Pool").select_option("trio")
    expect(page.get_by_test_id("exotics")).to_contain_text("Any order")
    assert re.search(r"[−+]?\d+\.\d", page.get_by_test_id("value").first.inner_text())

    struck = page.locator("[data-testid=runner][data-status=SCRATCHED]")
    expect(struck.first).to_be_visible(timeout=MINUTE_MS)
    assert "line-through" in struck.first.locator("*").evaluate_all(
        "all => all.map(e => getComputedStyle(e).textDecorationLine).join(' ')"
    )
    assert re.search(r"100\.0\s*%", page.get_by_test_id("sum-win").inner_text())
    # It was likely to lead: the pace goes on without it, and the alert keeps saying so.
    alert = page.locator("[data-testid=alert][data-kind=SCRATCH]").first
    expect(alert).to_contain_text("likely to lead until now")
    gone = re.search(r"without (.+), likely to lead", alert.inner_text())
    assert gone is not None
    assert gone[1] not in page.get_by_test_id("pace-words").inner_text()
    # At once: the list has the latest alerts only.
    page.goto(f"{up}/#/")
    expect(page.locator("[data-testid=latest-alert][data-kind=SCRATCH]").first).to_be_visible()
    page.goto(f"{up}/#/race/{race_id}")
    expect(page.get_by_test_id("race-status").first).to_have_text(re.compile("Official"), timeout=MINUTE_MS)
    assert errors == []
