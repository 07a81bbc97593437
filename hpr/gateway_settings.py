"""Settings of accounts and of what goes out to people, a part of the settings of every command."""

from pydantic import Field
from pydantic_settings import BaseSettings


class GatewaySettings(BaseSettings):
    """Of a gateway and a notifier: the database, secrets, mail, and the address that people use."""

    database: str = Field(
        "sqlite:///.hpr/hpr.sqlite3",
        min_length=1,
        repr=False,
        description="Database of accounts: sqlite:///FILE or postgresql://user:password@host/name",
    )
    secrets: str = Field(
        ".hpr/secrets", min_length=1, description="Folder of secrets that no HPR_SECRET_* variable gives"
    )
    smtp: str | None = Field(
        None,
        repr=False,
        description="Mail server: smtp://, smtp+starttls:// or smtps://user:password@host:port; "
        "without one, mails are written to the folder `mails`",
    )
    mail_from: str = Field("HorseRacePro <noreply@localhost>", min_length=3, description="Sender of mails")
    mails: str = Field(".hpr/mail", min_length=1, description="Folder of mails where there is no server")
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#@]+$",
        description="Address by which people reach the gateway, without a path; https:// behind TLS",
    )
    live_prefix: str = Field(
        "",
        pattern=r"^[a-zA-Z0-9._-]*$",
        description="The prefix of the topics that are live: a notifier refuses every other one",
    )
    private_destinations: bool = Field(
        False,
        description="Whether webhooks and push may go to plain http and to private addresses, as within "
        "one's own network",
    )
    deliveries_days: int = Field(
        90, ge=1, le=3650, description="Days that deliveries done with stay in their users' log"
    )
    limits: str = Field(
        "memory://",
        min_length=1,
        repr=False,
        description="Where rates are counted: memory://, or redis://host:port shared by all gateways",
    )
    anonymous_requests: int = Field(
        600, ge=1, description="Requests a minute of one address without a key or a session"
    )
    address_requests: int = Field(6000, ge=1, description="Requests a minute of one address, whoever asks")
