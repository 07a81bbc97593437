"""What can go wrong in the gateway."""

from schemas.errors import HprError


class GatewayError(HprError):
    """The gateway cannot start or serve."""
