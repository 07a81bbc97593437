"""Features of a race from form values: each runner against its rivals, ranks, pace, interactions."""

import numpy as np

from models.form import context
from models.form.book import AT as VALUE_AT
from models.form.book import COLUMNS, GROUPS
from models.form.facts import RaceFacts
from models.form.history import is_wet, rider_code
from models.layout import Flags, Floats

VERSION = "3"
SAME_FOR_ALL = ("style_slope", "style_slope_late")  # they mean something only times a running style
LEADER = 0.25  # early position up to which a horse is thought to want the lead
CENTRED = tuple(name for name in COLUMNS if name not in (*context.RIDERS, *SAME_FOR_ALL))
RANKED = (
    "figure",
    "market",
    "market_weight_fast",
    "odds_last",
    "figure_kernel",
    "figure_best3",
    "rated_kernel",
    "place_kernel",
    "plackett",
    "rating",
    "rider_lift_500",
    "trainer_lift_500",
    "post",
)
BEST = ("figure", "market", "figure_kernel", "plackett", "odds_last", "rated_kernel", "odds_kernel")
PACE = (
    "early_rank",
    "early_gap",
    "leaders_other",
    "leaders_inside",
    "pressure_style",
    "style_bias",
    "style_bias_late",
    "front_alone",
    "draw_style",
)
CROSSED = (
    "market_few", "figure_few", "market_rest", "figure_rest", "figure_debut", "figure_wet", "plackett_few",
    "surprise_today_wet", "rider_rides_rival", "rider_regained", "first_run",
    "stablemates", "stable_choice", "drop_and_form", "weight_ability",
)  # fmt: skip
RACE = ("runners", "distance", "class", "turf", "wet", "band", "debutants", "mean_runs")
FEATURES = (
    *CENTRED,
    *(f"{name}_rank" for name in RANKED),
    *(f"{name}_behind_best" for name in BEST),
    *PACE,
    *CROSSED,
    *RACE,
)
AT = {name: at for at, name in enumerate(FEATURES)}
FEATURE_GROUPS = {
    **{group: tuple(name for name in names if name in CENTRED) for group, names in GROUPS.items()},
    "pace": (
        *PACE, "style_slope", "early_recent", "early_season", "early_kernel", "early_last", "late_recent",
        "late_season", "late_kernel", "late_last", "gain_recent", "gain_season", "gain_kernel", "gain_last",
        "draw_early",
    ),
}  # fmt: skip
_CENTRED_AT = np.array([VALUE_AT[name] for name in CENTRED])
_RANKED_AT = np.array([VALUE_AT[name] for name in RANKED])
_BEST_AT = np.array([VALUE_AT[name] for name in BEST])
_GEAR_AT = np.array([VALUE_AT[name] for name in context.GEAR_COLUMNS])
_GSR_AT = np.array([VALUE_AT[name] for name in GROUPS["gsr"]])
_RIDERS_AT = np.array([VALUE_AT[name] for name in context.RIDERS])


def features(facts: RaceFacts, values: Floats, active: Flags) -> Floats:
    """Features (active runners, FEATURES) from the book's `values` (runners, COLUMNS); NaN where unknown.

    `active` (runners,) are those still in the race: a scratch needs no new form. Only the first dimension's
    order is the runners' order; no feature depends on it. Breeding counts only where the sire of each runner
    is known: records made later know the parents of some horses alone, of those that were still there, or
    were gone by then, so that to be known would tell a horse's future.
    """
    held = values[active]
    if not all(runner.sire for runner, runs in zip(facts.runners, active, strict=True) if runs):
        held[:, _GSR_AT] = np.nan
    gear = held[:, _GEAR_AT]
    if not np.isnan(gear).all():  # it is listed for this race: who has none listed wears none
        held[:, _GEAR_AT] = np.nan_to_num(gear)
    centred = held[:, _CENTRED_AT]
    centred = centred - means(centred)
    return np.concatenate(
        [
            centred,
            ranks(held[:, _RANKED_AT]),
            held[:, _BEST_AT] - _highest(held[:, _BEST_AT]),
            _pace(held),
            _crossed(facts, held, active),
            _race(facts, held),
        ],
        axis=1,
    )


def means(values: Floats) -> Floats:
    """Mean of each column over the runners that have one, 0 where none has."""
    known = ~np.isnan(values)
    total = np.add.reduce(np.where(known, values, 0.0), axis=0)
    mean: Floats = total / np.maximum(np.add.reduce(known, axis=0, dtype=np.float64), 1.0)
    return mean


def ranks(values: Floats) -> Floats:
    """Share of the other runners that a runner is above, equals counting half; NaN of one unknown."""
    above = values[:, None] > values[None]
    equal = values[:, None] == values[None]
    known = ~np.isnan(values)
    others = np.maximum(np.add.reduce(known, axis=0, dtype=np.float64) - 1.0, 1.0)
    beaten = np.add.reduce(above + 0.5 * equal, axis=1) - 0.5
    share: Floats = np.where(known, beaten / others, np.nan)
    return share


def _highest(values: Floats) -> Floats:
    highest: Floats = np.where(np.isnan(values), -np.inf, values).max(axis=0)
    best: Floats = np.where(np.isfinite(highest), highest, np.nan)
    return best


def expected_early(held: Floats) -> Floats:
    """Where each is thought to run early, 0 the lead and 1 the rear; its draw's mean for one without runs."""
    own, draw = held[:, VALUE_AT["early_kernel"]], held[:, VALUE_AT["draw_early"]]
    early: Floats = np.where(np.isnan(own), draw, 0.8 * own + 0.2 * draw)
    return early


def _pace(held: Floats) -> Floats:
    early = expected_early(held)
    leads = early < LEADER
    post = held[:, VALUE_AT["post"]]
    leaders = float(np.add.reduce(leads, dtype=np.float64))
    others = leaders - leads
    inside = np.add.reduce(leads[None, :] & (post[None, :] < post[:, None]), axis=1, dtype=np.float64)
    apart = early - means(early[:, None])[0]
    ordered = np.sort(early)
    gap = np.where(
        early == ordered[0], (ordered[1] if len(ordered) > 1 else early) - early, ordered[0] - early
    )
    return np.stack(
        [
            ranks(early[:, None])[:, 0],
            gap,
            others,
            inside,
            apart * others,
            apart * held[:, VALUE_AT["style_slope"]],
            apart * held[:, VALUE_AT["style_slope_late"]],
            (leads & (others == 0.0)).astype(np.float64),
            early * held[:, VALUE_AT["post"]],
        ],
        axis=1,
    )


def _crossed(facts: RaceFacts, held: Floats, active: Flags) -> Floats:
    def of(name: str) -> Floats:
        column: Floats = held[:, VALUE_AT[name]]
        return column

    def apart(name: str) -> Floats:
        column: Floats = of(name) - means(of(name)[:, None])[0]
        return column

    few = np.exp(-of("runs") / 4.0)
    rested = np.where(np.isnan(of("days_off")), 1.0, np.minimum(of("days_off"), 300.0) / 100.0)
    wet = float(is_wet(facts.going))
    first = of("runs") == 0.0
    now = np.array([rider_code(r.jockey) for r, runs in zip(facts.runners, active, strict=True) if runs])
    rides, regained = _riders(now, held[:, _RIDERS_AT])
    return np.stack(
        [
            apart("market") * few,
            apart("figure") * few,
            apart("market") * rested,
            apart("figure") * rested,
            first * apart("market"),
            apart("figure") * wet,
            apart("plackett") * few,
            apart("surprise_wet"),
            rides,
            regained,
            first.astype(np.float64),
            *_stable(facts, of("rider_lift_500"), active),
            of("class_change") * apart("rated_recent"),
            apart("weight") * apart("figure_kernel"),
        ],
        axis=1,
    )


def _riders(now: Floats, past: Floats) -> tuple[Floats, Floats]:
    """Whether one of a horse's last riders rides a rival today, and whether an earlier one is back."""
    met = past[:, :, None] == now[None, None, :]
    own = np.eye(len(now), dtype=np.bool_)[:, None, :]
    rival = (met & ~own).any(axis=(1, 2))
    kept = past[:, 0] == now
    regained = (past[:, 1:] == now[:, None]).any(axis=1) & ~kept
    return (rival & ~kept).astype(np.float64), regained.astype(np.float64)


def _stable(facts: RaceFacts, lift: Floats, active: Flags) -> tuple[Floats, Floats]:
    """Rivals of the same trainer, and how much better the rider is than the best on one of them."""
    names = np.array([r.trainer for r, runs in zip(facts.runners, active, strict=True) if runs])
    same = (names[:, None] == names[None, :]) & (names != "")[:, None] & ~np.eye(len(names), dtype=np.bool_)
    best = np.where(same, lift[None, :], -np.inf).max(axis=1, initial=-np.inf)
    mates: Floats = np.add.reduce(same, axis=1, dtype=np.float64)
    return mates, np.where(mates > 0.0, lift - np.where(mates > 0.0, best, 0.0), 0.0)


def _race(facts: RaceFacts, held: Floats) -> Floats:
    runners = len(held)
    runs = held[:, VALUE_AT["runs"]]
    row = np.array(
        [
            runners,
            facts.distance_furlongs,
            facts.class_level,
            float(facts.surface == "TURF"),
            float(is_wet(facts.going)),
            facts.rating_high,
            np.add.reduce(runs == 0.0, dtype=np.float64),
            np.add.reduce(runs, dtype=np.float64) / max(runners, 1),
        ]
    )
    return np.repeat(row[None, :], runners, axis=0)
