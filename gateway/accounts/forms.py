"""What requests may bring: strict forms that refuse unknown fields and text no database can hold."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, EmailStr, Field

from gateway.accounts.passwords import LONGEST


def _plain(value: Any) -> Any:
    if isinstance(value, str) and any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value):
        raise ValueError("holds characters that are no text")
    return value


def _named(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise ValueError("holds no visible text, or line breaks")
    return value.strip()


Text = Annotated[str, BeforeValidator(_plain)]
Name = Annotated[Text, Field(min_length=1, max_length=64), AfterValidator(_named)]
Address = Annotated[EmailStr, BeforeValidator(_plain), Field(max_length=254, examples=["ann@example.org"])]
Password = Annotated[Text, Field(min_length=1, max_length=LONGEST)]
Token = Annotated[Text, Field(min_length=1, max_length=128)]
Credential = dict[str, Any]
"""What `navigator.credentials` gave, as JSON."""


class Form(BaseModel):
    """A body. What it does not know is an error, so that a slip is seen and nothing is set by the way."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


class Said(Out):
    """What happens next."""

    detail: str


class Item(Out):
    """One of a list."""

    id: UUID
    created_at: datetime


def email_key(email: str) -> str:
    """The address as it is compared."""
    return email.casefold()
