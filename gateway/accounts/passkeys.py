"""Passkeys: WebAuthn credentials that stand in for password and second factor, or are the latter."""

import json
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import webauthn
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway.accounts import tickets
from gateway.accounts.credentials import Passkey
from gateway.accounts.tables import User
from gateway.accounts.tickets import Purpose
from gateway.site import Site

Json = dict[str, Any]
MOST = 20
"""Passkeys of one account."""


class PasskeyError(Exception):
    """A passkey's answer that does not hold."""


async def _challenge(session: AsyncSession, purpose: Purpose, user_id: UUID | None, at: datetime) -> bytes:
    challenge = secrets.token_bytes(32)
    await tickets.issue(session, purpose, at, user_id, token=bytes_to_base64url(challenge))
    return challenge


async def _redeemed(
    session: AsyncSession, purpose: Purpose, answer: Json, at: datetime
) -> tuple[bytes, UUID | None]:
    """The challenge that `answer` answers, used up, and to whom it was given; raises PasskeyError."""
    try:
        said = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))["challenge"]
        ticket = await tickets.redeem(session, purpose, str(said), at)
        challenge = base64url_to_bytes(str(said))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise PasskeyError("it is not what navigator.credentials gives") from error
    if ticket is None:
        raise PasskeyError("its challenge is unknown, used, or over")
    return challenge, ticket.user_id


async def offer_new(session: AsyncSession, site: Site, user: User, at: datetime) -> Json:
    """Options for `navigator.credentials.create`."""
    known = await session.scalars(select(Passkey.credential_id).where(Passkey.user_id == user.id))
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="HorseRacePro",
        user_id=user.id.bytes,
        user_name=user.email,
        challenge=await _challenge(session, "passkey-new", user.id, at),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=id) for id in known],
    )
    return _plain(options)


async def add(
    session: AsyncSession, site: Site, user_id: UUID, name: str, *, answer: Json, at: datetime
) -> Passkey:
    """Keep a new passkey; raises PasskeyError if the answer does not hold."""
    challenge, whose = await _redeemed(session, "passkey-new", answer, at)
    if whose != user_id:
        raise PasskeyError("its challenge was given to somebody else")
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.public_url,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyError("it was not made for this site, or not by a user who was verified") from error
    if await session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
        raise PasskeyError("it is registered already")
    kept = Passkey(
        user_id=user_id,
        name=name,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
    )
    session.add(kept)
    await session.flush()
    return kept


async def offer_use(session: AsyncSession, site: Site, at: datetime) -> Json:
    """Options for `navigator.credentials.get`: any passkey of this site."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=await _challenge(session, "passkey-use", None, at),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _plain(options)


async def use(session: AsyncSession, site: Site, answer: Json, at: datetime) -> UUID:
    """Whose passkey answered; raises PasskeyError if the answer does not hold."""
    challenge, _ = await _redeemed(session, "passkey-use", answer, at)
    try:
        credential_id = base64url_to_bytes(str(answer["rawId"]))
    except (KeyError, ValueError) as error:
        raise PasskeyError("it is not what navigator.credentials gives") from error
    asked = select(Passkey).where(Passkey.credential_id == credential_id).with_for_update()
    known = (await session.scalars(asked)).one_or_none()
    if known is None:
        raise PasskeyError("it is no passkey of this site")
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.public_url,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyError("its signature does not hold for this site") from error
    known.sign_count, known.used_at = verified.new_sign_count, at
    return known.user_id


def _plain(options: Any) -> Json:
    plain: Json = json.loads(webauthn.options_to_json(options))
    return plain
