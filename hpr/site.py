"""The site that the settings describe."""

from pathlib import Path

from gateway.site import SiteSettings
from hpr.settings import Settings


def site_settings(chosen: Settings) -> SiteSettings:
    """Settings of accounts. Without HPR_PUBLIC_URL people reach the gateway on this machine."""
    return SiteSettings(
        public_url=chosen.public_url or f"http://localhost:{chosen.port}",
        database=chosen.database,
        secrets=Path(chosen.secrets),
        smtp=chosen.smtp,
        mail_from=chosen.mail_from,
        mails=Path(chosen.mails),
        limits=chosen.limits,
        anonymous_requests=chosen.anonymous_requests,
        address_requests=chosen.address_requests,
        private_destinations=chosen.private_destinations,
    )
