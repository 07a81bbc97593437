"""The second factor: an authenticator app (TOTP, RFC 6238) and recovery codes."""

import secrets
from base64 import urlsafe_b64encode
from datetime import datetime
from uuid import UUID

import pyotp
from cryptography.fernet import Fernet
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.credentials import Passkey, RecoveryCode, Totp
from gateway.accounts.digests import digest, same

ISSUER = "HorseRacePro"
STEP_SECONDS = 30
DRIFT = (0, -1, 1)
"""Time steps by which a clock may be off."""
CODES, CODE_BYTES = 10, 10


def sealed(key: bytes, text: str) -> bytes:
    """`text` encrypted for the database."""
    return Fernet(urlsafe_b64encode(key)).encrypt(text.encode())


def unsealed(key: bytes, kept: bytes) -> str:
    """What was sealed."""
    return Fernet(urlsafe_b64encode(key)).decrypt(kept).decode()


async def offer_totp(session: AsyncSession, key: bytes, user_id: UUID, email: str) -> tuple[str, str]:
    """A new secret for an authenticator app, and the `otpauth:` URI that has it; not in force yet."""
    secret = pyotp.random_base32()
    await session.merge(Totp(user_id=user_id, secret=sealed(key, secret), confirmed_at=None, last_step=0))
    return secret, pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


async def check_totp(
    session: AsyncSession, key: bytes, user_id: UUID, code: str, at: datetime
) -> Totp | None:
    """The app's row if `code` is of now and newer than the last one used, which it then is."""
    totp = await session.get(Totp, user_id, with_for_update=True)
    if totp is None:
        return None
    app = pyotp.TOTP(unsealed(key, totp.secret))
    now = int(at.timestamp()) // STEP_SECONDS
    steps = [now + drift for drift in DRIFT if same(app.generate_otp(now + drift), code)]
    if not steps or steps[0] <= totp.last_step:
        return None
    totp.last_step = steps[0]
    return totp


async def factors(session: AsyncSession, user_id: UUID) -> list[str]:
    """The second factors that a user has: of `totp`, `passkey` and, with one of these, `recovery_code`."""
    totp = exists().where(Totp.user_id == user_id, Totp.confirmed_at.is_not(None))
    passkey = exists().where(Passkey.user_id == user_id)
    code = exists().where(RecoveryCode.user_id == user_id)
    row = (await session.execute(select(totp, passkey, code))).one()
    strong = [name for name, has in zip(("totp", "passkey"), row, strict=False) if has]
    return [*strong, "recovery_code"] if strong and row[2] else strong


async def new_codes(session: AsyncSession, user_id: UUID) -> list[str]:
    """Ten new recovery codes, in place of those there were."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [secrets.token_hex(CODE_BYTES) for _ in range(CODES)]
    session.add_all(RecoveryCode(user_id=user_id, code_hash=digest(code)) for code in codes)
    return ["-".join(code[i : i + 5] for i in range(0, len(code), 5)) for code in codes]


async def first_codes(session: AsyncSession, user_id: UUID) -> list[str] | None:
    """Recovery codes, if there are none yet."""
    has = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)
    return None if await session.scalar(has) else await new_codes(session, user_id)


async def use_code(session: AsyncSession, user_id: UUID, code: str) -> bool:
    """Use a recovery code up; False if it is none of the user's."""
    kept = digest(code.replace("-", "").replace(" ", "").lower())
    asked = delete(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == kept)
    return (await session.scalar(asked.returning(RecoveryCode.id))) is not None


async def remove_totp(session: AsyncSession, user_id: UUID) -> bool:
    """Take the authenticator app out; the recovery codes go with the last factor."""
    gone = await session.scalar(delete(Totp).where(Totp.user_id == user_id).returning(Totp.user_id))
    await tidy(session, user_id)
    return gone is not None


async def tidy(session: AsyncSession, user_id: UUID) -> None:
    """Recovery codes stand in for a second factor: without one there are none."""
    if not await factors(session, user_id):
        await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


async def confirm_totp(session: AsyncSession, user_id: UUID, at: datetime) -> None:
    """Put the app in force."""
    await session.execute(update(Totp).where(Totp.user_id == user_id).values(confirmed_at=at))
