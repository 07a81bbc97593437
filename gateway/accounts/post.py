"""Mails of accounts on their way: sent after the answer, so that its time tells nothing, and tried again."""

import asyncio

import structlog

from gateway.mail import MailError, Message
from gateway.site import Site

log = structlog.get_logger()
PAUSES = (0.0, 2.0, 10.0)


async def send(site: Site, message: Message) -> bool:
    """Hand a mail over, trying again where that may help; what fails is logged without address and text."""
    for pause in PAUSES:
        await asyncio.sleep(pause)
        try:
            await site.mailer.send(message)
        except MailError as error:
            log.warning("a mail of accounts was not taken", subject=message.subject, code=error.code)
            if not error.temporary:
                return False
        else:
            return True
    return False
