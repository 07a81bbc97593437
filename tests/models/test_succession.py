"""Succession: a worse candidate is refused, a better one promoted, a champion gone bad rolled back."""

from typing import cast

import pytest
from msgspec import json

from models.registry import Registry, shipped
from models.succession import Trials, admit, decide, is_watched, nominate, promote, roll_back
from models.trial import Trial
from schemas.errors import ModelError
from schemas.records import ModelSnapshot

FIRST = shipped().version


def version(registry: Registry, name: str) -> str:
    """A version of its own."""
    return registry.add(json.encode({**json.decode(shipped().data), "trained_on": name}))


def roles(registry: Registry) -> tuple[str, str]:
    return registry.choice("CHAMPION").version, registry.choice("CANDIDATE").version


def raced(registry: Registry, candidate_gains: float, races: int = 60, *, first: int = 0) -> Trials:
    """Trials after so many races of today's champion and candidate, with so much between their losses."""
    champion, candidate = registry.choice("CHAMPION"), registry.choice("CANDIDATE")
    trials = Trials()
    for race in range(first, first + races):
        snapshot = {
            "event_id": f"{race}:{champion.number}:{candidate.number}",
            "race_id": f"BEL-20260101-{race}",
            "champion": champion.version,
            "candidate": candidate.version,
            "champion_number": champion.number,
            "candidate_number": candidate.number,
            "log_loss_champion": 1.5 + 0.1 * (race % 2),
            "log_loss_candidate": 1.5 - candidate_gains,
        }
        trials.fold(cast(ModelSnapshot, snapshot))
    return trials


class TestACandidate:
    def test_found_worse_is_refused_and_taken_out_of_the_shadow(self, registry: Registry) -> None:
        worse = version(registry, "worse")
        nominate(registry, worse, "")
        trial = raced(registry, -0.4).of(registry)
        with pytest.raises(ModelError, match="is refused: the candidate is worse"):
            admit(registry, worse, lambda: trial)
        entry = decide(registry, trial, "rollback")
        assert entry is not None
        assert entry.action == "refuse"
        assert "the candidate is worse" in entry.reason
        assert roles(registry) == (FIRST, "")

    def test_of_whom_nothing_is_known_is_refused(self, registry: Registry) -> None:
        unknown = version(registry, "unknown")
        with pytest.raises(ModelError, match="it is not the candidate, so nothing is known of it"):
            admit(registry, unknown, Trial)
        nominate(registry, unknown, "")
        with pytest.raises(ModelError, match=r"no verdict yet.* over 0 races"):
            admit(registry, unknown, Trial)

    def test_found_better_may_be_promoted_and_is_by_itself_only_where_that_is_set(
        self, registry: Registry
    ) -> None:
        better = version(registry, "better")
        nominate(registry, better, "")
        trial = raced(registry, 0.4).of(registry)
        assert "the candidate is better" in admit(registry, better, lambda: trial)
        assert decide(registry, trial, "tell") is None
        assert decide(registry, trial, "rollback") is None
        assert decide(registry, trial, "promote") is not None
        assert roles(registry) == (better, FIRST)

    def test_a_race_told_twice_counts_once(self, registry: Registry) -> None:
        nominate(registry, version(registry, "new"), "")
        trials = raced(registry, 0.4, 3)
        assert trials.of(registry).races == 3
        champion, candidate = registry.choice("CHAMPION"), registry.choice("CANDIDATE")
        again = {"event_id": f"0:{champion.number}:{candidate.number}", "race_id": "BEL-20260101-0"}
        assert not trials.fold(cast(ModelSnapshot, again))


class TestAChampion:
    def test_newly_promoted_is_watched_and_rolled_back_where_the_one_before_does_better(
        self, registry: Registry
    ) -> None:
        bad = version(registry, "bad")
        promote(registry, bad, "forced: a hunch")
        assert is_watched(registry)
        entry = decide(registry, raced(registry, 0.4).of(registry), "rollback")
        assert entry is not None
        assert entry.action == "rollback"
        assert "the champion before it does better" in entry.reason
        assert roles(registry) == (FIRST, "")

    def test_that_does_better_than_the_one_before_is_confirmed(self, registry: Registry) -> None:
        good = version(registry, "good")
        promote(registry, good, "")
        decide(registry, raced(registry, -0.4).of(registry), "rollback")
        assert roles(registry) == (good, "")

    def test_while_watched_no_other_is_nominated_but_by_force(self, registry: Registry) -> None:
        promote(registry, version(registry, "new"), "")
        third = version(registry, "third")
        with pytest.raises(ModelError, match="still watched beside the champion before it"):
            nominate(registry, third, "")
        nominate(registry, third, "", forced=True)
        assert not is_watched(registry)

    def test_evidence_of_an_earlier_reign_does_not_count(self, registry: Registry) -> None:
        bad = version(registry, "bad")
        promote(registry, bad, "")
        trials = raced(registry, 0.4)
        roll_back(registry, "")
        promote(registry, bad, "")
        assert trials.of(registry).races == 0

    def test_one_that_came_back_and_is_nominated_again_is_a_candidate_like_others(
        self, registry: Registry
    ) -> None:
        bad = version(registry, "bad")
        promote(registry, bad, "")
        roll_back(registry, "by hand")
        nominate(registry, bad, "")
        assert not is_watched(registry)
        assert decide(registry, raced(registry, 0.4).of(registry), "rollback") is None

    def test_is_not_promoted_again_nor_nominated(self, registry: Registry) -> None:
        with pytest.raises(ModelError, match="champion already"):
            promote(registry, FIRST, "")
        with pytest.raises(ModelError, match="champion already"):
            nominate(registry, FIRST, "")
