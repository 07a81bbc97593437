"""Why a statement differs from the one before beside prices: model, form, ground, riders, pace."""

from collections.abc import Iterator
from math import log

from models.market_weight import MarketWeight
from streams import market_weight
from streams.declared import entry_changes, moved
from streams.explanation import label, leader
from streams.meeting import lean_of
from streams.state import Declared, Said
from streams.view import View

Change = tuple[str, str, str | None]
"""Kind, text, and the runner it concerns."""

MOVED_BY_GROUND = 0.01
"""Log of a chance by form that the ground has to add or take for a runner to be named."""

MOVED_BY_FORM = 0.005
"""Chance by form that a runner has to win or lose before news of form are told."""

MOST_ENTRIES = 3
"""Changes of riders, gear and weights that are named one by one."""


def changes(view: View, said: Said, before: Said) -> Iterator[Change]:
    """What changed, in words, the cause before its effects."""
    told_anew = said.form_id is not None and said.form_id != before.form_id
    # Form told anew rests on what was declared since it was told last: that is why it says something else.
    known = before.informed if told_anew and before.form_id is not None else before.declared
    ground = list(_ground(view, said, before, known))
    entries = list(_entries(view, known)) if known is not said.declared else []
    yield from ground
    yield from entries
    if said.models != before.models:
        yield "MODEL", f"scored by {said.models.rpartition(',')[2]}", None
    elif said.basis != before.basis:
        yield "MODEL", f"based on {said.basis.lower().replace('_', ' ')}", None
    if told_anew:
        if before.form_id is None:
            yield "FORM", "form is told", None
        elif not ground and (said.models, said.statuses) == (before.models, before.statuses):
            yield from _form(view, said, before, "" if entries else "news of form: ")
    if said.lean_id != before.lean_id and said.lean_id is not None:
        yield "FORM", lean_of(view).words, None
    if said.weight != before.weight and said.models == before.models:
        yield "FORM", market_weight.words(MarketWeight(said.weight)), None
    if said.times and not before.times:
        yield "GOING", said.times, None
    yield from _pace(view, said, before)


def _ground(view: View, said: Said, before: Said, known: Declared) -> Iterator[Change]:
    """Another surface or going, and whom it suits; again when form has taken it in, if it then moves any."""
    switch = moved(before.declared.surface, said.declared.surface)
    if switch:
        going = f", going {said.going.lower()}" if said.going and said.going != before.going else ""
        yield "GOING", f"{switch}{going}{_favoured(view, said, before)}", None
    elif said.going != before.going and said.going is not None:
        was = f" from {before.going.lower()}" if before.going else ""
        yield "GOING", f"going{was} to {said.going.lower()}{_favoured(view, said, before)}", None
    elif (ground := _news_of_ground(known, said.declared)) and (suits := _favoured(view, said, before)):
        yield "GOING", f"form on {ground}{suits}", None


def _news_of_ground(known: Declared, now: Declared) -> str:
    """The ground where it is another than form knew; empty where it is not."""
    if moved(known.surface, now.surface):
        return str(now.surface).lower()
    return f"{now.going.lower()} going" if now.going and now.going != known.going else ""


def _favoured(view: View, said: Said, before: Said) -> str:
    """Whose chance by form the ground raises most and lowers most, whatever the model.

    The two statements differ by the ground alone: what the chances by form differ by is its doing.
    """
    if (said.models, said.statuses) != (before.models, before.statuses):
        return ""
    was = _by_form(before)
    shifts = [
        (log(now / was[id]), at, was[id], now)
        for at, (id, now) in enumerate(zip(said.runner_ids, said.fundamental, strict=False))
        if now > 0.0 and was.get(id, -1.0) > 0.0
    ]
    best, worst = max(shifts, default=None), min(shifts, default=None)
    parts = [
        f"{verb} {label(view, shift[1])} (by form {shift[2]:.1%} to {shift[3]:.1%})"
        for verb, sign, shift in (("suits", 1.0, best), ("is against", -1.0, worst))
        if shift is not None and sign * shift[0] > MOVED_BY_GROUND
    ]
    return f": it {' and '.join(parts)}" if parts else ""


def _by_form(said: Said) -> dict[str, float]:
    return dict(zip(said.runner_ids, said.fundamental, strict=False))


def _entries(view: View, known: Declared) -> Iterator[Change]:
    """Another rider, other gear, another weight: the first few by name."""
    found = list(entry_changes(view, known.entries))
    for change in found[:MOST_ENTRIES]:
        yield "FIELD", change.words(view), view.runners[change.at].runner_id
    if len(found) > MOST_ENTRIES:
        yield "FIELD", f"{len(found) - MOST_ENTRIES} more changes of riders, equipment or weights", None


def _form(view: View, said: Said, before: Said, opening: str) -> Iterator[Change]:
    """Whose standing by form moved most, where that can be seen; all else that form learnt is no news."""
    was = _by_form(before)
    shifts = [
        (abs(now - was[id]), -at)
        for at, (id, now) in enumerate(zip(said.runner_ids, said.fundamental, strict=False))
        if now >= 0.0 and was.get(id, -1.0) >= 0.0
    ]
    size, at = max(shifts, default=(0.0, 0))
    if size >= MOVED_BY_FORM:
        id = said.runner_ids[-at]
        now, old = said.fundamental[-at], was[id]
        yield "FORM", f"{opening}{label(view, -at)} by form {old:.1%} to {now:.1%}", id


def _pace(view: View, said: Said, before: Said) -> Iterator[Change]:
    """Another likely leader than before, and whether the old one is out."""
    ahead = leader(view)
    if ahead is None or before.leader is None or ahead.runner_id == before.leader:
        return
    names = {runner.runner_id: label(view, at) for at, runner in enumerate(view.runners)}
    out = said.win[said.runner_ids.index(before.leader)] < 0.0 if before.leader in said.runner_ids else True
    old = names.get(before.leader, "the likely leader")
    cause = f"without {old}, likely to lead until now, " if out else f"instead of {old}, "
    yield "PACE", f"{cause}{names[ahead.runner_id]} is likely to lead ({ahead.chance:.0%})", ahead.runner_id
