"""A user's alert rule as data: what is to be told, of which races and runners, and from which figure on."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from gateway.accounts.forms import Text

Kind = Literal[
    "SCRATCH", "RE_ENTRY", "VALUE", "STEAM", "DRIFT", "TOP_PICK", "RIDER", "EQUIPMENT", "WEIGHT", "GOING",
    "OFF_SOON", "RESULT",
]  # fmt: skip
# In two steps: in one, the length is that of what was given, and blanks alone would leave nothing.
_Stripped = Annotated[Text, StringConstraints(strip_whitespace=True)]
Name = Annotated[_Stripped, Field(min_length=1, max_length=128)]
Names = Annotated[tuple[Name, ...], Field(max_length=200)]

FACTS: dict[str, Kind] = {
    "SCRATCH": "SCRATCH", "RE_ENTRY": "RE_ENTRY", "NEW_FAVOURITE": "TOP_PICK", "RIDER": "RIDER",
    "EQUIPMENT": "EQUIPMENT", "WEIGHT": "WEIGHT", "GOING": "GOING", "RESULT": "RESULT",
}  # fmt: skip
"""Kinds of `racing.alerts` that rules hear as they are, and the kind of rule that does."""

SIGNALS: dict[Kind, tuple[float, float]] = {
    "VALUE": (0.05, 0.02), "STEAM": (0.10, 0.05), "DRIFT": (0.15, 0.075), "OFF_SOON": (10.0, 0.0),
}  # fmt: skip
"""Kinds with a threshold: where it begins, and below what it is over, unless the rule says otherwise."""

OF_RACE = ("GOING", "RESULT", "OFF_SOON")
"""Kinds that concern a race: a horse, rider or trainer means the races they run in."""


class Rule(BaseModel):
    """A rule. Of the lists any one entry is enough; with none of them it hears every race."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = Field(description="What is to be told.")
    name: Text = Field(default="", max_length=80, description="What the user calls it.")
    races: Names = Field(default=(), description="Race ids, as BEL-20230715-01.")
    tracks: Names = Field(default=(), description="Track codes, as BEL.")
    horses: Names = Field(default=(), description="Names of horses; a country suffix does not matter.")
    riders: Names = Field(default=(), description="Names of riders.")
    trainers: Names = Field(default=(), description="Names of trainers.")
    ticket: Names = Field(default=(), description="Runners on the user's ticket, each RACE_ID/RUNNER_ID.")
    tracked: bool = Field(
        default=False, description="Also every horse, rider, trainer and track that the user tracks."
    )
    of: Literal["any", "favourite"] = Field(
        default="any",
        description="Of a scratch or re-entry: any runner, or the one most likely to win until then.",
    )
    threshold: float | None = Field(
        default=None,
        gt=0,
        le=600,
        description="VALUE: expected value over the stake, 0.05 is 5 %. STEAM, DRIFT: relative move in five "
        "minutes. OFF_SOON: minutes before the announced off.",
    )
    until: float | None = Field(
        default=None, ge=0, le=600, description="Below this it is over and may fire again: the hysteresis."
    )
    least_traded: Literal[0, 200, 1000, 5000, 20000] = Field(
        default=200, description="Money traded on a runner before its signals count."
    )
    channels: Annotated[tuple[UUID, ...], Field(max_length=50)] = Field(
        default=(), description="The channels it goes to; none means all of the user's."
    )

    @model_validator(mode="after")
    def _fits(self) -> "Rule":
        """Refuse what would silently never matter."""
        if self.threshold is not None and self.kind not in SIGNALS:
            raise ValueError(f"{self.kind} has no threshold: it fires whenever it happens")
        if self.of != "any" and self.kind not in ("SCRATCH", "RE_ENTRY"):
            raise ValueError("`of` is for SCRATCH and RE_ENTRY")
        if self.until is not None and (self.kind not in SIGNALS or self.until > self.on):
            raise ValueError("`until` is for kinds with a threshold, and not above it")
        if any("/" not in entry for entry in self.ticket):
            raise ValueError("`ticket` lists RACE_ID/RUNNER_ID")
        return self

    @property
    def on(self) -> float:
        """Where a signal begins."""
        return self.threshold if self.threshold is not None else SIGNALS[self.kind][0]

    @property
    def off(self) -> float:
        """Below what a signal is over."""
        if self.until is not None:
            return self.until
        begins, ends = SIGNALS[self.kind]
        return self.on * ends / begins
