"""Settings of the live Betfair feed, a part of the settings of every command."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

MARKET_TYPE = "(WIN|PLACE|OTHER_PLACE)"


class LiveSettings(BaseSettings):
    """HPR_BETFAIR_*: who logs in, what is subscribed to, where Betfair is."""

    betfair_app_key: str | None = Field(None, min_length=1, description="Application key")
    betfair_username: str | None = Field(None, min_length=1, description="User name of the account")
    betfair_password: SecretStr | None = Field(None, description="Its password; has no flag")
    betfair_certificate: str | None = Field(
        None, min_length=1, description="Client certificate (PEM) for the login without a person"
    )
    betfair_certificate_key: str | None = Field(
        None, min_length=1, description="Its key, where that is a file of its own"
    )
    betfair_countries: str = Field(
        "",
        pattern="^([A-Z]{2}(,[A-Z]{2})*)?$",
        description="Countries by ISO 3166 code, comma separated; empty for all",
    )
    betfair_market_types: str = Field(
        "WIN,PLACE",
        pattern=f"^{MARKET_TYPE}(,{MARKET_TYPE})*$",
        description="Types of markets, comma separated",
    )
    betfair_hours: float = Field(24.0, gt=0, le=24 * 30, description="Races that start within so many hours")
    betfair_record: str | None = Field(
        None, min_length=1, description="Folder that the stream is recorded to"
    )
    betfair_heartbeat_ms: int = Field(5000, ge=500, le=5000, description="Heartbeat asked of the stream")
    betfair_conflate_ms: int = Field(0, ge=0, le=120_000, description="Conflation asked of the stream")
    betfair_market_limit: int = Field(200, ge=1, description="Markets that one subscription may have")
    betfair_connections: int = Field(4, ge=1, le=100, description="Connections to the stream at most")
    betfair_stream: str = Field(
        "stream-api.betfair.com:443", pattern=r"^[^\s:]+:\d{1,5}$", description="Exchange Stream, host:port"
    )
    betfair_login: str | None = Field(
        None, pattern="^https://", description="Login by URL; Betfair's own, by the kind of login, if not set"
    )
    betfair_api: str = Field("https://api.betfair.com", pattern="^https://", description="Betting API by URL")
    betfair_ca: str | None = Field(
        None, min_length=1, description="Certificate authority (PEM) instead of the system's"
    )

    @field_validator("betfair_stream")
    @classmethod
    def _has_a_port(cls, address: str) -> str:
        if not 0 < int(address.rpartition(":")[2]) <= 65535:
            raise ValueError("the port is 1 to 65535")
        return address
