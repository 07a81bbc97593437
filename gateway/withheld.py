"""What is left of a race's state for whoever has value withheld: facts and prices, no value and no alerts."""

import orjson
from starlette.types import Scope

from gateway.accounts.principal import Principal


def is_withheld(scope: Scope) -> bool:
    """Whether a pause or self-exclusion withholds value from whoever asks."""
    principal: Principal | None = scope.get("principal")
    return principal is not None and principal.withheld is not None


def without_value(state: bytes) -> bytes:
    """JSON of a RaceState without fair odds and alerts, from which value is read."""
    race = orjson.loads(state)
    race["alerts"] = []
    for runner in race["runners"]:
        runner["fair_odds"] = None
    return orjson.dumps(race)
