"""Form learnt from history at once: the form fold over past events, without requests and answers."""

from collections.abc import Iterable
from typing import Any

from streams.form import FACTS, FormState, fold, forget_lost, settle

TOLD = FACTS | {"PastPerformance", "HorseProfile", "Workout"}
"""Events that the form fold learns from."""


def learn(events: Iterable[tuple[str, Any]], state: FormState | None = None) -> FormState:
    """What a form worker knows after these events, which come by recorded time; `state` is gone on from.

    It settles what it can at each new day's first card, so that it holds the last days only. The last day
    stays open: what is told of it later is still learnt.
    """
    state, day = state or FormState(), ""
    for name, event in events:
        if name not in TOLD:
            continue
        fold(state, name, event)
        if name == "RaceCard" and event["race_date"] > day and event["entries"]:
            day = event["race_date"]
            forget_lost(state)
            settle(state)
    return state
