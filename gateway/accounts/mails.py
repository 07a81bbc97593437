"""What accounts write to people."""

from gateway.mail import Message
from gateway.site import Site


def confirm(site: Site, to: str, token: str) -> Message:
    """To somebody who signed up. The token stands behind `#`, which browsers send to nobody."""
    return Message(
        to,
        "Confirm your address",
        f"""Welcome to HorseRacePro.

Confirm this address within two days:
{site.public_url}/#confirm={token}

Or send the token to POST /v1/accounts/confirmation:
{token}

If you did not sign up, do nothing: without this step there is no account.
""",
    )


def known(site: Site, to: str) -> Message:
    """To somebody who signed up again."""
    return Message(
        to,
        "You have an account already",
        f"""Somebody, perhaps you, signed up with this address, which has an account already.

Sign in at {site.public_url}/#account, or ask there for a new password if you forgot it.
If it was not you, do nothing.
""",
    )


def reset(site: Site, to: str, token: str) -> Message:
    """To somebody who forgot the password."""
    return Message(
        to,
        "Choose a new password",
        f"""Choose a new password within an hour:
{site.public_url}/#reset={token}

Or send the token to POST /v1/password-resets/confirmation:
{token}

If you did not ask for this, do nothing: your password stays.
""",
    )


def address(site: Site, to: str, token: str) -> Message:
    """To the new address of an account."""
    return Message(
        to,
        "Confirm your new address",
        f"""Confirm this as the new address of your account within 12 hours:
{site.public_url}/#address={token}

Or send the token to POST /v1/account/address/confirmation:
{token}
""",
    )


def changed(site: Site, to: str, what: str) -> Message:
    """To somebody whose account was changed in a way that they must hear of."""
    return Message(
        to,
        f"Your account: {what}",
        f"""{what[:1].upper()}{what[1:]}.

If it was not you, choose a new password at {site.public_url}/#account at once, and sign out everywhere there.
""",
    )


def excluded(site: Site, to: str) -> Message:
    """To somebody who signed up before their self-exclusion is over."""
    return Message(
        to,
        "No new account before your exclusion is over",
        f"""You excluded yourself at {site.public_url}, and the time you chose is not over.
Until then this address gets no account. That cannot be changed, as you wished it.
""",
    )
