"""Signatures that the libraries of Standard Webhooks verify unmodified."""

import time

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from gateway.webhooks.signing import headers, new_secret

BODY = b'{"type":"alert.scratch"}'


def test_the_library_verifies_and_a_changed_body_fails() -> None:
    secret = new_secret()
    signed = headers([secret], "msg_1", int(time.time()), BODY)
    assert Webhook(secret).verify(BODY, signed) == {"type": "alert.scratch"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", signed)


def test_while_secrets_overlap_either_verifies() -> None:
    old, new = new_secret(), new_secret()
    signed = headers([old, new], "msg_1", int(time.time()), BODY)
    for secret in (old, new):
        Webhook(secret).verify(BODY, signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, signed)
