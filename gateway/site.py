"""The site: what all of its routes share: database, mail, keys, rates, and the address people use."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gateway import secrets
from gateway.accounts import tiers
from gateway.database import DEFAULT_URL, Database
from gateway.mail import Mailer, mailer
from gateway.rates import MEMORY, Rates

ANONYMOUS_REQUESTS = tiers.ANONYMOUS.requests_a_minute
ADDRESS_REQUESTS = 6000


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """Of a site; as the settings of the same names say."""

    public_url: str
    database: str = DEFAULT_URL
    secrets: Path = Path(".hpr/secrets")
    smtp: str | None = None
    mail_from: str = "HorseRacePro <noreply@localhost>"
    mails: Path = Path(".hpr/mail")
    limits: str = MEMORY
    anonymous_requests: int = ANONYMOUS_REQUESTS
    address_requests: int = ADDRESS_REQUESTS
    private_destinations: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """What routes of accounts and all that hangs on them work with."""

    database: Database
    mailer: Mailer
    rates: Rates
    public_url: str
    master: bytes
    anonymous_requests: int = ANONYMOUS_REQUESTS
    """A minute, of one address without a key or a session."""
    address_requests: int = ADDRESS_REQUESTS
    """A minute, of one address, whoever asks: many may sit behind it."""
    secrets_folder: Path = Path(".hpr/secrets")
    private_destinations: bool = False
    """Whether deliveries may go to plain http and to private addresses."""

    @property
    def secure(self) -> bool:
        """Whether people reach it through TLS."""
        return self.public_url.startswith("https://")

    @property
    def host(self) -> str:
        """Name of the host that people use, to which passkeys are bound."""
        return urlsplit(self.public_url).hostname or ""

    def key(self, purpose: str) -> bytes:
        """This site's key of 32 bytes for one purpose."""
        return secrets.derived(self.master, purpose)


def open_site(settings: SiteSettings) -> Site:
    """The site of `settings`; nothing is connected yet. Raises GatewayError for a setting that is none."""
    return Site(
        Database(settings.database),
        mailer(settings.smtp, settings.mail_from, settings.mails),
        Rates(settings.limits),
        settings.public_url.rstrip("/"),
        secrets.master(settings.secrets),
        settings.anonymous_requests,
        settings.address_requests,
        settings.secrets,
        settings.private_destinations,
    )
