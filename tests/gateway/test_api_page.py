"""docs/api.md word by word: its commands run in bash against a gateway, and its answers come."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

from standardwebhooks import Webhook

from gateway.delivery.notifier import NotifierSettings, opened
from gateway.site import SiteSettings, open_site
from schemas.codec import default_codec
from tests.gateway.conftest import READ, GatewayRunner
from tests.gateway.delivery.receivers import receiving
from tests.gateway.delivery.world import TOPICS
from topics.embedded import EmbeddedBroker

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
GATEWAY, HOOK = "http://127.0.0.1:8000", "https://hooks.example.org/races"
MARK = "@@ end of a block @@"


def _blocks(gateway: str, hook: str) -> list[tuple[str, str]]:
    """Language and text of each fenced block, with the addresses of this test in place of the page's."""
    page = PAGE.read_text().replace(GATEWAY, gateway).replace(HOOK, hook)
    return re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def _run(commands: list[str], folder: Path) -> list[str]:
    """What each of `commands` wrote, all of them run in one bash."""
    script = "".join(f"{command}\necho '{MARK}'\n" for command in commands)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout.split(MARK)[:-1]


def _fits(shown: Any, given: Any) -> bool:
    """Whether an answer is as the page shows it: the same, but for what is cut off (…), times and floats."""
    if isinstance(shown, dict) and isinstance(given, dict):
        return shown.keys() == given.keys() and all(_fits(shown[name], given[name]) for name in shown)
    if isinstance(shown, list) and isinstance(given, list):
        return shown[-1:] == ["…"] or (len(shown) == len(given) and all(map(_fits, shown, given)))
    if isinstance(shown, float):
        return isinstance(given, float)
    if isinstance(shown, str) and isinstance(given, str):
        if re.match(r"\d{4}-\d\d-\d\dT", shown):
            return datetime.fromisoformat(given).tzinfo is not None
        return "…" in shown or shown == given or (shown.isdigit() and given.isdigit())
    return bool(shown == given)


def _as_shown(language: str, shown: str, given: str) -> bool:
    if language == "json":
        return _fits(json.loads(shown), json.loads(given))
    return re.sub(r"\d+", "0", shown).split() == re.sub(r"\d+", "0", given).split()


@contextmanager
def _notifying(settings: NotifierSettings) -> Iterator[None]:
    """A notifier at work on a thread of its own."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def work() -> None:
        async with opened(settings, default_codec()) as (notifier, senders):
            running = asyncio.create_task(notifier.run(senders))
            await stop.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    thread = Thread(target=lambda: loop.run_until_complete(work()))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def test_the_page_s_commands_run_as_they_stand(tmp_path: Path, run_gateway: GatewayRunner) -> None:
    kept = tmp_path / ".hpr"
    url, secrets, mails = f"sqlite:///{kept / 'hpr.sqlite3'}", kept / "secrets", kept / "mail"
    site = open_site(SiteSettings(GATEWAY, url, secrets, mails=mails, private_destinations=True))
    with EmbeddedBroker() as broker, receiving() as receivers:
        broker.touch([*READ, *TOPICS])
        wanted = NotifierSettings(
            broker.bootstrap, database=url, secrets=secrets, mails=mails, private_destinations=True
        )
        with run_gateway(broker.bootstrap, site=site) as running, _notifying(wanted):
            running.wait_ready()
            blocks = _blocks(f"http://{running.address}", f"http://{receivers.address}/races")
            wrote = iter(_run([text for language, text in blocks if language == "sh"], tmp_path))
        given = ""
        for language, text in blocks:
            given = next(wrote) if language == "sh" else given
            assert language == "sh" or _as_shown(language, text, given), f"{text}\nis not\n{given}"
        [tested] = receivers.arrived
    secret = json.loads((tmp_path / "webhook.json").read_text())["secret"]
    assert Webhook(secret).verify(tested.body, tested.headers)["type"] == "endpoint.test"
