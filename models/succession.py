"""Who follows whom: what a verdict leads to, a new champion that is watched, and the way back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from models.registry import Entry, Registry, shipped
from models.trial import Trial, in_words
from schemas.errors import ModelError
from schemas.records import ModelSnapshot

Policy = Literal["tell", "rollback", "promote"]
"""What is done without being asked: nothing; rollbacks and refusals; promotions as well."""

Pair = tuple[int, str, int, str]
"""Numbers and versions of a champion and a candidate: made so again later, they are another pair."""


@dataclass(slots=True)
class Trials:
    """The trials of all pairs, from snapshots in the order of their topic; a race counts once in each."""

    _by_pair: dict[Pair, Trial] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def fold(self, snapshot: ModelSnapshot) -> bool:
        """Take in how both did in one race; False if it is known."""
        if snapshot["event_id"] in self._seen or not snapshot["race_id"]:
            return False
        self._seen.add(snapshot["event_id"])
        pair = (
            snapshot["champion_number"],
            snapshot["champion"],
            snapshot["candidate_number"],
            snapshot["candidate"],
        )
        so_far = self._by_pair.get(pair, Trial())
        self._by_pair[pair] = so_far.after(snapshot["log_loss_champion"], snapshot["log_loss_candidate"])
        return True

    def of(self, registry: Registry) -> Trial:
        """The trial of today's candidate beside today's champion; empty where there is no candidate."""
        champion, candidate = registry.choice("CHAMPION"), registry.choice("CANDIDATE")
        pair = (champion.number, champion.version, candidate.number, candidate.version)
        return self._by_pair.get(pair, Trial())


def champion_before(registry: Registry) -> str:
    """The version that a rollback would make champion; empty where there was none."""
    reigns = [shipped().version, *(each.version for each in registry.log() if each.role == "CHAMPION")]
    return next((version for version in reversed(reigns) if version != reigns[-1]), "")


def is_watched(registry: Registry) -> bool:
    """Whether the candidate is the champion that the last promotion replaced: found better, it comes back."""
    champion, candidate = registry.choice("CHAMPION"), registry.choice("CANDIDATE")
    promoted = champion.number > 0 and registry.log()[champion.number - 1].action == "promote"
    follows = candidate.number == champion.number + 1
    return promoted and follows and candidate.version == champion_before(registry)


def promote(registry: Registry, version: str, reason: str) -> Entry:
    """Make a version champion, and watch it beside the champion before it. Raises ModelError for no model."""
    former = registry.choice("CHAMPION").version
    if former == version:
        raise ModelError(f"{version} is champion already")
    entry = registry.act("promote", "CHAMPION", version, reason)
    registry.act("nominate", "CANDIDATE", former, f"champion before {version}, which is watched beside it")
    return entry


def nominate(registry: Registry, version: str, reason: str, *, forced: bool = False) -> Entry:
    """Score a version in the shadow. Raises ModelError for no model, and while a new champion is watched."""
    champion, candidate = registry.choice("CHAMPION").version, registry.choice("CANDIDATE").version
    if version in (champion, candidate):
        raise ModelError(f"{version} is {'champion' if version == champion else 'candidate'} already")
    if is_watched(registry) and not forced:
        raise ModelError(
            f"{champion} is still watched beside the champion before it, {candidate}: wait for the verdict "
            "(hpr models trial), or give --force and --why, and it is watched no longer"
        )
    return registry.act("nominate", "CANDIDATE", version, reason)


def roll_back(registry: Registry, reason: str) -> Entry:
    """Make the champion before this one champion again; nobody is candidate then. Raises ModelError."""
    entry = registry.rollback(reason)
    if registry.choice("CANDIDATE").version:
        registry.act("refuse", "CANDIDATE", "", f"rolled back to {entry.version}")
    return entry


def admit(registry: Registry, version: str, trial_of: Callable[[], Trial]) -> str:
    """The reason to promote a version. Raises ModelError where its trial says worse, or nothing yet."""
    candidate = registry.choice("CANDIDATE").version
    if candidate != version:
        raise ModelError(
            f"{version} is refused: it is not the candidate, so nothing is known of it. Nominate it first "
            f"(hpr models nominate {version}), or give --force and --why"
        )
    trial = trial_of()
    if trial.verdict != "BETTER":
        advice = "" if trial.verdict == "WORSE" else "; wait for more races, or give --force and --why"
        raise ModelError(f"{version} is refused: {in_words(trial)}{advice}")
    return in_words(trial)


def decide(registry: Registry, trial: Trial, policy: Policy) -> Entry | None:
    """Do what the trial's verdict asks for, as far as the policy allows; what was done."""
    verdict, words = trial.verdict, in_words(trial)
    candidate = registry.choice("CANDIDATE").version
    if verdict == "OPEN" or policy == "tell" or not candidate:
        return None
    if verdict == "WORSE":
        return registry.act("refuse", "CANDIDATE", "", f"{candidate}: {words}")
    if is_watched(registry):
        return roll_back(registry, f"the champion before it does better: {words}")
    return promote(registry, candidate, words) if policy == "promote" else None
