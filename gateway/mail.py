"""Mail: a message, and where it is handed over: an SMTP server by URL, or a folder of `.eml` files."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from gateway.errors import GatewayError

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
SECONDS = 20.0
TEMPORARY = range(400, 500)


class MailError(GatewayError):
    """A message was not taken. `temporary` says whether a later try may help, `code` is SMTP's."""

    def __init__(self, said: str, temporary: bool, code: int | None = None) -> None:
        super().__init__(said)
        self.temporary = temporary
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """A mail to one person. With `message_id` (`<…@…>`) a repeat can be told from another mail."""

    to: str
    subject: str
    text: str
    html: str | None = None
    message_id: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    """More of them, such as List-Unsubscribe."""


class Mailer(Protocol):
    """Where messages are handed over."""

    async def send(self, message: Message) -> None:
        """Hand `message` over; raises MailError if it was not taken."""


def encode(message: Message, sender: str) -> EmailMessage:
    """The message as it goes out; a line break in a header is refused with a ValueError."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = message.message_id or make_msgid(
        domain=sender.rpartition("@")[2].strip("> ") or None
    )
    for name, value in message.headers.items():
        mail[name] = value
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    return mail


class SmtpMailer:
    """An SMTP server: `smtp://`, `smtp+starttls://` or `smtps://`, with `user:password@` if it asks."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise GatewayError("not a mail server: give smtp://, smtp+starttls:// or smtps://host:port")
        self._sender = sender
        self._scheme = parts.scheme
        self._host, self._port = parts.hostname, parts.port or PORTS[parts.scheme]
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, message: Message) -> None:
        """Hand `message` over, on a connection of its own; raises MailError if it was not taken."""
        try:
            await aiosmtplib.send(
                encode(message, self._sender),
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._scheme == "smtps",
                start_tls=self._scheme == "smtp+starttls",
                timeout=SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise MailError(
                f"the mail server refused the recipient: {code}", code in TEMPORARY, code
            ) from error
        except aiosmtplib.SMTPResponseException as error:
            raise MailError(
                f"the mail server said {error.code} {error.message}", error.code in TEMPORARY, error.code
            ) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailError(
                f"no mail server at {self._host}:{self._port}: {error}", temporary=True
            ) from error


class FolderMailer:
    """A folder that takes each message as an `.eml` file: for a machine without a mail server."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, message: Message) -> None:
        """Write `message`; raises MailError if that fails."""
        name = f"{time.time_ns()}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / name).write_bytes(encode(message, self._sender).as_bytes())
        except OSError as error:
            raise MailError(f"cannot write to {self._folder}: {error.strerror}", temporary=True) from error


def mailer(url: str | None, sender: str, folder: Path) -> Mailer:
    """The mail server of `url`, or without one the folder; raises GatewayError for a URL that is none."""
    return FolderMailer(folder, sender) if url is None else SmtpMailer(url, sender)
