"""Who has value withheld: whoever paused or excluded themselves gets facts and prices, and no alerts."""

from starlette.types import Scope

from gateway.accounts.principal import Principal


def is_withheld(scope: Scope) -> bool:
    """Whether a pause or self-exclusion withholds value from whoever asks."""
    principal: Principal | None = scope.get("principal")
    return principal is not None and principal.withheld is not None


def mark(scope: Scope) -> str:
    """What makes an answer without value another one than that with it, for its entity tag."""
    return "withheld" if is_withheld(scope) else "whole"
