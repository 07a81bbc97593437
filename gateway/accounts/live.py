"""Accounts as the live protocol asks for them: whom a key or a cookie lets in, and what is withheld."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from gateway.accounts.authenticate import authenticate, of_key
from gateway.accounts.principal import Principal, Scope
from gateway.site import Site
from gateway.viewer import ANONYMOUS, Credentials, DeniedError, Viewer
from schemas.identity import MICROS, micros

VALUE = frozenset({"alerts", "alerts:me"})
"""Channels withheld during a pause or exclusion."""
OWN = frozenset({"alerts:me"})
LOOKED_AT_AGAIN_MICROS = 60 * MICROS
"""A connection that is open follows a pause, an exclusion, a lost key or a sign-out within so long."""


class LiveAuthority:
    """Who live clients are: by the token of their call (an API key), else by the cookie of their page."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def viewer(self, shown: Credentials) -> Viewer:
        """Whom `shown` lets in; raises DeniedError."""
        now = datetime.now(UTC)
        principal = await self._principal(shown, now)
        if principal is None or principal.pending:
            return ANONYMOUS
        denied = (
            VALUE if principal.withheld else frozenset() if Scope.READ_ALERTS in principal.scopes else OWN
        )
        again = micros(now) + LOOKED_AT_AGAIN_MICROS
        most, value = principal.entitlements.channels, principal.withheld is None
        return Viewer(str(principal.user_id), again, most, denied, value)

    async def _principal(self, shown: Credentials, now: datetime) -> Principal | None:
        if shown.token is not None:
            principal = await of_key(self._site, shown.token, now)
            if principal is None:
                raise DeniedError("the key is unknown, was rotated, or is over: make one at POST /v1/keys")
            if Scope.READ_LIVE not in principal.scopes:
                raise DeniedError("this key has no scope read:live")
            return principal
        headers = dict(shown.headers)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            # Browsers send cookies with sockets that another site's page opens.
            return None
        return (await authenticate(self._site, headers, now)).principal
