"""One try of one delivery by each kind of channel: what was sent, what came back."""

import asyncio
import hashlib
import hmac
import time
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import aiohttp
import apprise

from gateway.delivery.notices import Notices
from gateway.delivery.parcels import Outcome, Parcel
from gateway.delivery.push import Vapid, encrypted, payload
from gateway.errors import GatewayError
from gateway.mail import Mailer, MailError, Message
from gateway.webhooks import events, retries, signing
from gateway.webhooks.addresses import check_url

TIMEOUT_SECONDS = 10.0
KEPT_RESPONSE = 2000
GONE = (404, 410)
PERMANENT_MAIL = range(500, 600)

HOSTED = ("slack", "tgram", "discord", "pover", "pbul", "msteams", "ntfy")
"""Apprise's services whose host is their own, and cannot be one of this network."""

Send = Callable[[Parcel], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Senders:
    """What tries go out through. `private` lets destinations of private networks be reached."""

    http: aiohttp.ClientSession
    mailer: Mailer
    vapid: Vapid
    notices: Notices
    public_url: str
    unsubscribe_key: bytes
    mail_domain: str
    private: bool = False

    async def send(self, parcel: Parcel) -> Outcome:
        """One try; whatever goes wrong is an outcome."""
        began = time.monotonic()
        kinds: dict[str, Send] = {
            "webhook": self._webhook,
            "webpush": self._push,
            "mail": self._mail,
            "websocket": self.notices.send,
            "apprise": self._chat,
        }
        try:
            outcome = await kinds[parcel.channel_kind](parcel)
        except GatewayError as error:
            outcome = Outcome(False, error=str(error), final=True)
        return outcome._replace(seconds=time.monotonic() - began)

    async def _webhook(self, parcel: Parcel) -> Outcome:
        item = parcel.items[0]
        now = time.time()
        body = events.test_body(int(now * 1e6)) if item.get("test") else events.body(item)
        headers = signing.headers(parcel.secrets, str(parcel.id), int(now), body)
        headers["user-agent"] = "HorseRacePro-Webhooks/1"
        shown = {name: text for name, text in headers.items() if name != "webhook-signature"}
        url = check_url(parcel.address["url"], private=self.private)
        request = {"url": url, "headers": shown, "body": body.decode()}
        outcome = await self._post(url, headers, body, request)
        return outcome._replace(gone=outcome.status == 410)

    async def _push(self, parcel: Parcel) -> Outcome:
        endpoint = check_url(str(parcel.address["endpoint"]), private=self.private)
        shown = payload(parcel.items)
        try:
            body = encrypted(parcel.address, shown)
        except ValueError as error:
            return Outcome(False, error=str(error)[:300], gone=True)
        lives = max(int(parcel.expires_at.timestamp() - time.time()), 60)
        headers = {
            **self.vapid.headers(endpoint),
            "content-encoding": "aes128gcm",
            "ttl": str(lives),
            "urgency": "high",
            # A later one of the same topic takes the place of one that waits; 32 characters at most.
            "topic": parcel.id.hex,
        }
        request = {"url": endpoint, "headers": {"ttl": str(lives)}, "body": shown.decode()}
        outcome = await self._post(endpoint, headers, body, request)
        return outcome._replace(gone=outcome.status in GONE)

    async def _post(self, url: str, headers: dict[str, str], body: bytes, request: dict[str, Any]) -> Outcome:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with self.http.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                said = (await answer.content.read(KEPT_RESPONSE)).decode("utf-8", "replace").replace("\0", "")
                status, wait = answer.status, retries.retry_after(answer.headers, time.time())
        except TimeoutError:
            return Outcome(False, error=f"no answer within {TIMEOUT_SECONDS:g} s", request=request)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Nothing changes in what a name resolves to by waiting a moment, but it may later.
            return Outcome(False, error=str(error)[:300] or type(error).__name__, request=request)
        ok = 200 <= status < 300
        error_said = None if ok else f"redirects are not followed ({status})" if 300 <= status < 400 else None
        return Outcome(ok, status, error_said, wait, request=request, response=said)

    async def _mail(self, parcel: Parcel) -> Outcome:
        message = self._message(parcel)
        request = {"to": message.to, "headers": {"Message-ID": message.message_id}, "body": message.text}
        try:
            await self.mailer.send(message)
        except MailError as error:
            gone = error.code in (550, 551, 553)
            final = error.code in PERMANENT_MAIL
            return Outcome(False, error.code, str(error)[:300], gone=gone, final=final, request=request)
        return Outcome(True, request=request)

    def _message(self, parcel: Parcel) -> Message:
        items = parcel.items
        subject = items[0]["title"] if len(items) == 1 else f"{len(items)} alerts: {items[0]['title']} …"
        parts = [f"{item['title']}\n{item['text']}" for item in items]
        stop = (
            f"{self.public_url}/v1/unsubscribe/{unsubscribe_token(self.unsubscribe_key, parcel.channel_id)}"
        )
        text = "\n\n".join(parts) + f"\n\n--\nTo get no more of these: {stop}\n"
        named = f"digest-{parcel.channel_id}-{int(parcel.due_at.timestamp())}" if parcel.digest else parcel.id
        return Message(
            str(parcel.address["email"]),
            " ".join(subject.split())[:200],
            text,
            message_id=f"<{named}@{self.mail_domain}>",
            headers={
                "List-Unsubscribe": f"<{stop}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Auto-Submitted": "auto-generated",
            },
        )

    async def _chat(self, parcel: Parcel) -> Outcome:
        url = check_chat(str(parcel.address["url"]), private=self.private)
        told = apprise.Apprise()
        if not told.add(url):
            return Outcome(False, error="apprise does not know this URL", final=True)
        items = parcel.items
        title = items[0]["title"] if len(items) == 1 else f"{len(items)} alerts"
        body = items[0]["text"] if len(items) == 1 else "\n".join(item["title"] for item in items)
        request = {"service": url.partition(":")[0], "body": f"{title}\n{body}"}
        ok = await asyncio.wait_for(told.async_notify(body=body or title, title=title), TIMEOUT_SECONDS * 3)
        return Outcome(bool(ok), error=None if ok else "the service did not take it", request=request)


def check_chat(url: str, *, private: bool = False) -> str:
    """`url` if it is one of apprise's and cannot reach into this network; raises GatewayError."""
    scheme, _, rest = url.partition("://")
    if not private and (scheme not in HOSTED or (scheme == "ntfy" and "/" in rest.strip("/"))):
        raise GatewayError(f"give a URL of one of {', '.join(HOSTED)}, as ntfy://topic")
    _load_services()
    if apprise.Apprise.instantiate(url, suppress_exceptions=True) is None:
        raise GatewayError("apprise does not understand this URL: see its page of the service")
    return url


@cache
def _load_services() -> None:
    """Apprise loads its services at first use; one of them warns of a module that it has to replace."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        apprise.Apprise.instantiate("json://localhost", suppress_exceptions=True)


def unsubscribe_token(key: bytes, channel_id: UUID) -> str:
    """What lets whoever has a channel's mail stop it, and nobody else."""
    return f"{channel_id.hex}{hmac.digest(key, channel_id.bytes, hashlib.sha256).hex()[:32]}"


def channel_of_token(key: bytes, token: str) -> UUID | None:
    """The channel of a token that was given out, else None."""
    try:
        channel_id = UUID(hex=token[:32])
    except ValueError:
        return None
    return channel_id if hmac.compare_digest(unsubscribe_token(key, channel_id), token) else None
