"""The session's cookie, the token that forms must send with it, and the mark of a known device."""

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import cookie_parser
from starlette.responses import Response

from gateway.accounts.digests import digest, keyed, new_token
from gateway.site import Site

LIFE_SECONDS = 90 * 86_400


def session_name(site: Site) -> str:
    """Behind TLS the prefix makes browsers refuse it from anywhere else."""
    return "__Host-hpr" if site.secure else "hpr"


def device_name(site: Site) -> str:
    """Of the mark of a device that has signed in before."""
    return "__Host-hpr-device" if site.secure else "hpr-device"


def read(header: str, name: str) -> str | None:
    """One cookie of a Cookie header."""
    return cookie_parser(header).get(name) if name in header else None


def csrf_token(site: Site, session_token: str) -> str:
    """What a change must carry in `X-CSRF-Token` beside the cookie: another site cannot know it."""
    return keyed(site.key("csrf"), digest(session_token))


def give_session(site: Site, response: Response, token: str) -> None:
    """Set the session's cookie."""
    _give(site, response, session_name(site), token)


def give_device(site: Site, response: Response, email_key: str) -> None:
    """Mark the device as one from which this address has signed in."""
    signed = _serializer(site).dumps([keyed(site.key("device"), email_key), new_token()[:12]])
    _give(site, response, device_name(site), signed)


def take_session(site: Site, response: Response) -> None:
    """Have the browser forget the session."""
    response.delete_cookie(session_name(site), path="/", secure=site.secure, httponly=True, samesite="lax")


def known_device(site: Site, header: str, email_key: str) -> str | None:
    """The device's own mark, if this address signed in from it before."""
    given = read(header, device_name(site))
    if given is None:
        return None
    try:
        whose, mark = _serializer(site).loads(given, max_age=LIFE_SECONDS)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(mark) if whose == keyed(site.key("device"), email_key) else None


def _give(site: Site, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=LIFE_SECONDS, path="/", secure=site.secure, httponly=True, samesite="lax"
    )


def _serializer(site: Site) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(site.key("device-mark"), salt="device")
