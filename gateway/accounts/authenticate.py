"""From the headers of a request to who asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.accounts import cookies, keys, sessions
from gateway.accounts.principal import Principal
from gateway.site import Site


@dataclass(frozen=True, slots=True)
class Found:
    """Who asks, if anybody. `csrf_token` is what a change by this session must carry."""

    principal: Principal | None = None
    csrf_token: str | None = None
    refused: bool = False
    """There was a key, and it is nobody's."""


async def authenticate(site: Site, headers: Mapping[str, str], at: datetime) -> Found:
    """Whose key (`Authorization: Bearer`) or session (the cookie) came with `headers`."""
    given = headers.get("authorization")
    if given is not None:
        kind, _, key = given.partition(" ")
        principal = await of_key(site, key.strip(), at) if kind.lower() == "bearer" else None
        return Found(principal, refused=principal is None)
    token = cookies.read(headers.get("cookie", ""), cookies.session_name(site))
    if not token:
        return Found()
    principal = await of_session(site, token, at)
    return Found(principal, cookies.csrf_token(site, token) if principal else None)


async def of_key(site: Site, key: str, at: datetime) -> Principal | None:
    """Whose API key it is; that it was used is noted, at most once a minute."""
    async with site.database.read() as session:
        found = await keys.find(session, key, at)
    if found is None:
        return None
    principal, used_at = found
    if principal.key_id is not None and (used_at is None or at - used_at > keys.USED_EVERY):
        async with site.database.write() as session:
            await keys.used(session, principal.key_id, at)
    return principal


async def of_session(site: Site, token: str, at: datetime) -> Principal | None:
    """Whose session the token opens; that it was seen is noted, at most once a minute."""
    async with site.database.read() as session:
        found = await sessions.find(session, token, at)
    if found is None:
        return None
    principal, seen_at = found
    if principal.session_id is not None and at - seen_at > sessions.SEEN_EVERY:
        async with site.database.write() as session:
            await sessions.seen(session, principal.session_id, at)
    return principal
