"""What can go wrong between a client and a gateway."""

from schemas.errors import HprError


class ClientError(HprError):
    """A gateway could not be asked, or said no."""


class UnreachableError(ClientError):
    """No gateway answers; trying again later may help."""


class RefusedError(ClientError):
    """A gateway answered with a problem (RFC 9457): `status`, and `detail` which says what to do."""

    def __init__(self, status: int, title: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.retry_after = retry_after
        """Seconds after which it may be asked again, if it said so."""


class LiveError(ClientError):
    """The gateway ended the live connection for good, or refused a call: coming back would not help."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
