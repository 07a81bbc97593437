"""Why a statement differs from the one before beside prices and runners: model, form, going and pace."""

from collections.abc import Iterator

from models.market_weight import MarketWeight
from streams import market_weight
from streams.explanation import label, leader, verdict_in
from streams.meeting import lean_of
from streams.state import Said
from streams.view import View

Change = tuple[str, str, str | None]
"""Kind, text, and the runner it concerns."""

MOVED_BY_GOING = 0.02
"""Log-odds by which the going has to speak for or against a runner to be named."""

MOVED_BY_FORM = 0.005
"""Chance by form that a runner has to win or lose before news of form are told."""

GOING = "form on the going"


def changes(view: View, said: Said, before: Said) -> Iterator[Change]:
    """What changed, in words, the cause before its effects."""
    if said.going != before.going and said.going is not None:
        was = f" from {before.going.lower()}" if before.going else ""
        yield "GOING", f"going{was} to {said.going.lower()}{_favoured(view)}", None
    if said.models != before.models:
        yield "MODEL", f"scored by {said.models.rpartition(',')[2]}", None
    elif said.basis != before.basis:
        yield "MODEL", f"based on {said.basis.lower().replace('_', ' ')}", None
    if said.form_id != before.form_id and said.form_id is not None:
        if before.form_id is None:
            yield "FORM", "form is told", None
        elif (said.models, said.going, said.statuses) == (before.models, before.going, before.statuses):
            yield from _form(view, said, before)
    if said.lean_id != before.lean_id and said.lean_id is not None:
        yield "FORM", lean_of(view).words, None
    if said.weight != before.weight and said.models == before.models:
        yield "FORM", market_weight.words(MarketWeight(said.weight)), None
    if said.times and not before.times:
        yield "GOING", said.times, None
    yield from _pace(view, said, before)


def _favoured(view: View) -> str:
    """Whom the going suits most and least, by the model."""
    verdict = verdict_in(view)
    belief = verdict.belief
    if belief is None or GOING not in belief.names:
        return ""
    column = belief.contributions[:, belief.names.index(GOING)].tolist()
    best, worst = max(column), min(column)
    suited = label(view, verdict.rows[column.index(best)]) if best > MOVED_BY_GOING else None
    hurt = label(view, verdict.rows[column.index(worst)]) if worst < -MOVED_BY_GOING else None
    parts = [f"suits {suited}"] * (suited is not None) + [f"is against {hurt}"] * (hurt is not None)
    return f": it {' and '.join(parts)}" if parts else ""


def _form(view: View, said: Said, before: Said) -> Iterator[Change]:
    """Whose standing by form moved most, where that can be seen; all else that form learnt is no news."""
    was = dict(zip(before.runner_ids, before.fundamental, strict=False))
    moved = [
        (abs(now - was[id]), -at)
        for at, (id, now) in enumerate(zip(said.runner_ids, said.fundamental, strict=False))
        if now >= 0.0 and was.get(id, -1.0) >= 0.0
    ]
    size, at = max(moved, default=(0.0, 0))
    if size >= MOVED_BY_FORM:
        id = said.runner_ids[-at]
        now, old = said.fundamental[-at], was[id]
        yield "FORM", f"news of form: {label(view, -at)} by form {old:.1%} to {now:.1%}", id


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
