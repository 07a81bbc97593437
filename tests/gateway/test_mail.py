import email
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.kafka.node import free_port
from gateway.errors import GatewayError
from gateway.mail import FolderMailer, MailError, Message, SmtpMailer, mailer

SENDER = "HorseRacePro <noreply@example.org>"


class Sink:
    """Keeps what comes; refuses `gone@` for good and `full@` for now."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("gone@"):
            return "550 no such user"
        if address.startswith("full@"):
            return "452 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(email.message_from_bytes(envelope.content, EmailMessage, policy=default))
        return "250 OK"


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def server(sink: Sink) -> Iterator[str]:
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


async def test_a_message_arrives_with_its_headers_id_and_both_parts(server: str, sink: Sink) -> None:
    sent = Message(
        "ann@example.org",
        "Scratch: Größe",
        "plain",
        "<p>rich",
        "<one@example.org>",
        {"List-Unsubscribe": "<x>"},
    )
    await SmtpMailer(server, SENDER).send(sent)
    (mail,) = sink.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "ann@example.org", "Scratch: Größe")
    assert (mail["Message-ID"], mail["List-Unsubscribe"]) == ("<one@example.org>", "<x>")
    parts = [part.get_content().strip() for part in mail.iter_parts()]
    assert parts == ["plain", "<p>rich"]


@pytest.mark.parametrize(("to", "temporary"), [("gone@example.org", False), ("full@example.org", True)])
async def test_a_refusal_says_whether_to_try_again(server: str, to: str, temporary: bool) -> None:
    with pytest.raises(MailError) as said:
        await SmtpMailer(server, SENDER).send(Message(to, "s", "t"))
    assert said.value.temporary is temporary
    assert said.value.code in {550, 452}


async def test_no_server_is_worth_another_try_and_names_no_password() -> None:
    with pytest.raises(MailError, match=r"no mail server at 127\.0\.0\.1:9") as said:
        await SmtpMailer("smtp://user:hush@127.0.0.1:9", SENDER).send(Message("a@example.org", "s", "t"))
    assert said.value.temporary
    assert "hush" not in str(said.value)


async def test_a_header_cannot_be_smuggled_in() -> None:
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        await SmtpMailer("smtp://127.0.0.1:9", SENDER).send(
            Message("a@example.org", "s\nBcc: b@example.org", "t")
        )


async def test_without_a_server_mails_are_files(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    chosen = mailer(None, SENDER, folder)
    assert isinstance(chosen, FolderMailer)
    await chosen.send(Message("ann@example.org", "Hello", "text"))
    (file,) = folder.glob("*.eml")
    assert email.message_from_bytes(file.read_bytes(), policy=default)["To"] == "ann@example.org"


def test_a_url_that_is_no_mail_server_is_refused() -> None:
    with pytest.raises(GatewayError, match="not a mail server"):
        mailer("http://localhost", SENDER, Path())
