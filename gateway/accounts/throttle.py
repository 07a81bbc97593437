"""How often somebody may try to sign in: by address, by account, and apart for devices that the owner used.

A stranger who tries passwords uses up the strangers' tries; the owner's own devices keep theirs.
"""

from gateway.edge import too_many
from gateway.rates import Policy
from gateway.site import Site

QUARTER = 900
ADDRESS = Policy("sign-in-address", 60, QUARTER)
STRANGERS = Policy("sign-in-account", 15, QUARTER)
DEVICE = Policy("sign-in-device", 15, QUARTER)
FACTOR = Policy("second-factor", 10, QUARTER)
MAILS_ADDRESS = Policy("mails-address", 20, 3600)
MAILS_TO = Policy("mails-to", 5, 3600)


async def check(site: Site, policy: Policy, whom: str) -> None:
    """Count one more; raises ProblemError if that is too many."""
    verdict = await site.rates.hit(policy, whom)
    if not verdict.allowed:
        raise too_many(verdict)


async def try_password(site: Site, address: str, email_key: str, device: str | None) -> None:
    """Count a try of a password; `device` is the mark of a device from which the owner signed in."""
    await check(site, ADDRESS, address)
    if device is not None:
        await check(site, DEVICE, device)
    else:
        await check(site, STRANGERS, email_key)


async def try_factor(site: Site, user_id: str, device: str | None) -> None:
    """Count a try of a second factor."""
    await check(site, FACTOR, device or user_id)


async def mail_to(site: Site, address: str, email_key: str) -> bool:
    """Count a mail that somebody at `address` has us send; False if that mailbox had enough.

    Raises ProblemError if the address asked too often.
    """
    await check(site, MAILS_ADDRESS, address)
    return (await site.rates.hit(MAILS_TO, email_key)).allowed
