"""A person in a real browser, from signing up to an alert that rings; real mails, a real notifier."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyotp
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright

from gateway.app import create_app, listen, server
from gateway.delivery.notifier import NotifierSettings
from gateway.site import SiteSettings, open_site
from tests.gateway.conftest import READ
from tests.gateway.delivery.receivers import Browser, Receivers, receiving
from tests.gateway.delivery.world import TOPICS, fresh
from tests.gateway.test_api_page import _notifying
from tests.integration.services import wait_until
from tests.integration.test_page import FLAGS
from topics.embedded import EmbeddedBroker
from topics.producer import EventProducer

EMAIL, PASSWORD, ANOTHER = "ann@example.org", "a long way to the off", "another way to the off"
PHONE = {"width": 360, "height": 780}
SUBSCRIBED = """
subscription => {
    PushManager.prototype.subscribe = async function (asked) {
        window.askedWith = [asked.userVisibleOnly, asked.applicationServerKey.length];
        return { toJSON: () => subscription, endpoint: subscription.endpoint };
    };
}
"""
"""Without internet no push service answers: a subscription whose key the test has takes its place."""


@dataclass
class World:
    """A gateway at `url`, whose mails and pushes arrive at `receivers`."""

    url: str
    receivers: Receivers
    producer: EventProducer

    def link(self, kind: str) -> str:
        """The newest mail's link of a kind."""
        found: list[str] = []

        def look() -> list[str]:
            for mail in reversed(self.receivers.mails):
                text = bytes(mail.get_payload(decode=True) or b"").decode()
                found[:] = re.findall(rf"^http\S+/#{kind}=\S+", text, re.MULTILINE)
                if found:
                    break
            return found

        wait_until(look, f"a mail with a link to {kind}", 20)
        self.receivers.mails.clear()
        return found[0]


@contextmanager
def _serving(broker: str, url: str, bound: Any, folder: Path, smtp: str) -> Iterator[None]:
    site = open_site(
        SiteSettings(
            url, f"sqlite:///{folder / 'hpr.sqlite3'}", folder / "secrets", smtp, private_destinations=True
        )
    )
    running = server(create_app(broker, site=site))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        yield
    finally:
        running.should_exit = True
        thread.join()
        bound.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("site")
    bound = listen("127.0.0.1", 0)
    # Passkeys are bound to a name, which a bare address is not.
    url = f"http://localhost:{bound.getsockname()[1]}"
    with EmbeddedBroker() as broker, receiving() as receivers:
        broker.touch(sorted({*READ, *TOPICS, "users.interactions"}))
        wanted = NotifierSettings(
            broker.bootstrap, database=f"sqlite:///{folder / 'hpr.sqlite3'}", secrets=folder / "secrets",
            smtp=receivers.smtp, public_url=url, private_destinations=True,
        )  # fmt: skip
        with _serving(broker.bootstrap, url, bound, folder, receivers.smtp), _notifying(wanted):
            yield World(url, receivers, EventProducer(broker.bootstrap))


@pytest.fixture(scope="module")
def context(chromium: Path, world: World) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        opened = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
        opened.grant_permissions(["notifications"], origin=world.url)
        yield opened
        browser.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of the one browser, on a phone; what it complains of is a failure."""
    errors: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
    yield opened
    opened.close()
    assert errors == []


def _fill(form: Locator, **fields: str) -> None:
    """Fill a form in by the labels of its fields, and send it by the keyboard."""
    for label, text in fields.items():
        form.get_by_label(label.replace("_", " "), exact=True).fill(text)
    form.get_by_label(label.replace("_", " "), exact=True).press("Enter")


def _sign_in(page: Page, world: World, password: str) -> None:
    page.goto(f"{world.url}/#/account")
    _fill(page.get_by_test_id("sign-in"), Mail_address=EMAIL, Password=password)


def _delivered(context: BrowserContext, page: Page, url: str, said: dict[str, Any]) -> list[str]:
    """What the browser shows after its push service has given the service worker a message."""
    devtools = context.new_cdp_session(page)
    known: list[dict[str, Any]] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.extend(told["registrations"]))
    devtools.send("ServiceWorker.enable")
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    wait_until(lambda: page.evaluate("1") and known, "the service worker is registered", 10)
    message = {
        "origin": url,
        "registrationId": known[-1]["registrationId"],
        "data": orjson.dumps(said).decode(),
    }
    shown = "navigator.serviceWorker.ready.then(r => r.getNotifications()).then(all => all.map(n => n.title))"
    titles: list[str] = []

    def look() -> list[str]:
        # DevTools now and then hand it over not at all; of a push that comes twice one is shown, by its tag.
        devtools.send("ServiceWorker.deliverPushMessage", message)
        page.wait_for_timeout(500)
        titles[:] = page.evaluate(shown)
        return titles

    wait_until(look, "a notification is shown", 10)
    return titles


def test_somebody_signs_up_makes_a_rule_and_it_rings(
    world: World, context: BrowserContext, page: Page
) -> None:
    page.goto(f"{world.url}/#/account")
    page.get_by_role("button", name="Sign up").click()
    _fill(page.get_by_test_id("sign-up"), Mail_address=EMAIL, Password=PASSWORD)
    page.goto(world.link("confirm"))
    # The token stays neither in the address nor in the browser's history.
    page.wait_for_url(f"{world.url}/")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status").filter(has_text="confirmed")).to_be_visible()
    _sign_in(page, world, PASSWORD)
    expect(page.get_by_test_id("signed-in-as")).to_have_text(EMAIL)

    browser = Browser(world.receivers.address)
    page.goto(f"{world.url}/#/alerts")
    page.evaluate(SUBSCRIBED, browser.subscription)
    page.get_by_role("button", name="Turn the bell on").click()
    expect(page.locator("[data-testid=channel][data-kind=webpush]")).to_be_visible()
    assert page.evaluate("window.askedWith") == [True, 65]
    rule = page.get_by_test_id("new-rule")
    rule.get_by_label("Tell me of").select_option("SCRATCH")
    _fill(rule, Tracks="bel", What_to_call_it="Out at Belmont")
    expect(page.get_by_test_id("rule")).to_contain_text("Scratch: BEL")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    def rung() -> bool:
        # Until the notifier has taken the rule in, what is published is nobody's.
        world.producer.publish("racing.alerts", fresh("SCRATCH", len(world.receivers.arrived) + 1))
        world.producer.flush()
        page.wait_for_timeout(500)
        return bool(world.receivers.at(browser.path))

    wait_until(rung, "a push arrives", 20)
    said = browser.read(world.receivers.at(browser.path)[0].body)
    assert _delivered(context, page, world.url, said) == [said["title"]]
    expect(page.get_by_test_id("notice").first).to_contain_text(said["title"])
    assert re.fullmatch(r"/#/race/BEL-\d{8}-\d\d", said["url"])


def test_a_forgotten_password_is_chosen_anew_and_an_app_guards_it(world: World, page: Page) -> None:
    page.goto(f"{world.url}/#/account")
    page.get_by_test_id("sign-out").get_by_role("button").click()
    page.get_by_role("button", name="Forgot the password").click()
    _fill(page.get_by_test_id("forgotten"), Mail_address=EMAIL)
    page.goto(world.link("reset"))
    _fill(page.get_by_test_id("mailed-reset").locator("form"), New_password=ANOTHER)
    expect(page.get_by_role("status").filter(has_text="changed")).to_be_visible()
    _sign_in(page, world, PASSWORD)
    expect(page.get_by_role("alert")).to_have_text("Address or password is wrong.")
    _sign_in(page, world, ANOTHER)

    page.get_by_role("button", name="Add an app").click()
    app = pyotp.TOTP(page.get_by_test_id("totp-secret").inner_text())
    now = int(time.time()) // 30
    _fill(page.get_by_test_id("confirm-totp"), Code_that_the_app_shows=app.generate_otp(now))
    expect(page.get_by_test_id("recovery-codes").get_by_role("listitem")).to_have_count(10)
    page.get_by_test_id("sign-out").get_by_role("button").click()
    _fill(page.get_by_test_id("sign-in"), Mail_address=EMAIL, Password=ANOTHER)
    code = app.generate_otp(now + 1)
    _fill(page.get_by_test_id("second-factor"), Code_of_your_authenticator_app=code)
    expect(page.get_by_test_id("signed-in-as")).to_have_text(EMAIL)


def test_a_passkey_is_added_and_signs_in_alone(world: World, context: BrowserContext, page: Page) -> None:
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"{world.url}/#/account")
    form = page.locator("form", has=page.get_by_role("button", name="Add a passkey"))
    _fill(form, What_to_call_it="phone")
    expect(page.get_by_role("button", name="Take the passkey phone out")).to_be_visible()
    page.get_by_test_id("sign-out").get_by_role("button").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_test_id("signed-in-as")).to_have_text(EMAIL)


def test_a_pause_takes_value_away_at_once_and_an_account_can_be_deleted(world: World, page: Page) -> None:
    page.goto(f"{world.url}/#/play")
    _fill(page.get_by_test_id("reminders"), At_so_much_staked="10")
    expect(page.get_by_test_id("reminders").get_by_label("At so much staked")).to_have_value("10")
    _fill(page.locator("form", has=page.get_by_role("button", name="Note a stake")), Staked="10")
    expect(page.get_by_test_id("reminder")).to_contain_text("You have staked as much")
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_test_id("reminder")).not_to_be_visible()
    page.get_by_test_id("pause").get_by_role("button").click()
    expect(page.locator("[data-testid=play][data-withheld=pause]")).to_be_visible()
    page.goto(f"{world.url}/#/account")
    page.get_by_text("Delete the account").click()
    _fill(page.get_by_test_id("delete-account"), Type_your_mail_address=EMAIL)
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    _sign_in(page, world, ANOTHER)
    expect(page.get_by_role("alert")).to_have_text("Address or password is wrong.")
