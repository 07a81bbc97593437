"""What is new today against the last runs: weight, class, rating, distance, gear, rest, rider."""

import re

import numpy as np

from models.form.ability import weights
from models.form.comments import FLAGS
from models.form.facts import RaceFacts
from models.form.history import AT, ratings, rider_code, row_max, row_mean
from models.layout import Floats

GEAR = ("B", "TT", "H", "V", "P", "CP", "SR", "XB", "E")
GEAR_COLUMNS = (
    "gear_first",
    "gear_removed",
    "gear_count",
    *(f"{code}_{state}" for code in GEAR for state in ("worn", "first", "off")),
)
COLUMNS = (
    "weight",
    "weight_change",
    "rating",
    "rating_change",
    "rating_below_best",
    "class_change",
    "distance_change",
    "distance_best",
    "body",
    "body_change",
    "body_from_mean",
    "gap",
    "runs_60_days",
    "post",
    "rider_kept",
    "runners_last",
    *GEAR_COLUMNS,
    *(f"{flag}_last" for flag in FLAGS),
    *(f"{flag}_before" for flag in FLAGS),
    "rating_below_won",
    "weight_share",
)
RIDERS = ("rider_1", "rider_2", "rider_3")  # codes of the last riders: what features look for among today's
_GEAR = re.compile(r"[A-Z]+[-\d]?")


def look(facts: RaceFacts, runs: Floats) -> Floats:
    """Columns of today against `runs` (runners, KEPT, RUNS), (runners, COLUMNS)."""
    day = float(facts.race_date.toordinal())
    weight, rated = weights(facts), ratings(facts)
    body = np.array([runner.body_weight_lbs for runner in facts.runners], dtype=np.float64)
    rider = np.array([rider_code(runner.jockey) for runner in facts.runners])
    distance = np.log(facts.distance_furlongs)
    ago = day - runs[:, AT["day"]]
    last = runs[:, :, 0]
    gear = np.array([gear_of(runner.equipment) for runner in facts.runners], dtype=np.float64)
    flags = slice(AT[FLAGS[0]], AT[FLAGS[0]] + len(FLAGS))
    columns = [
        weight,
        weight - last[:, AT["weight"]],
        rated,
        rated - last[:, AT["rating"]],
        rated - row_max(runs[:, AT["rating"]]),
        facts.class_level - last[:, AT["class"]],
        distance - last[:, AT["distance"]],
        np.abs(distance - _best_distance(runs)),
        body,
        body - last[:, AT["body"]],
        body - row_mean(runs[:, AT["body"]]),
        np.log1p(np.minimum(ago[:, 0], 400.0)),
        (ago <= 60.0).sum(axis=1).astype(np.float64),
        np.array([runner.post_position for runner in facts.runners], dtype=np.float64),
        np.where(np.isnan(last[:, AT["rider"]]), np.nan, rider == last[:, AT["rider"]]),
        last[:, AT["runners"]],
        *gear.T,
        *last[:, flags].T,
        *_before(runs[:, flags]).T,
        rated - row_max(np.where(runs[:, AT["place"]] == 0.0, runs[:, AT["rating"]], np.nan)),
        100.0 * weight / body,
    ]
    return np.stack(columns, axis=1)


def riders(runs: Floats) -> Floats:
    """Codes of the last three riders, (runners, RIDERS)."""
    return np.ascontiguousarray(runs[:, AT["rider"], : len(RIDERS)])


def gear_of(equipment: str) -> tuple[float, ...]:
    """First time, removed and how many worn; then of each of GEAR worn, first time, removed; NaN if not said.

    A 1 behind a code says worn for the first time, a - says taken off today.

    >>> gear_of("B1/TT")[:6]
    (1.0, 0.0, 2.0, 1.0, 1.0, 0.0)
    """
    if not equipment:
        return (float("nan"),) * (3 + 3 * len(GEAR))
    codes = set(_GEAR.findall(equipment.upper()))
    off = {code.rstrip("-") for code in codes if code.endswith("-")}
    first = {code[:-1] for code in codes if code.endswith("1")}
    worn = {code.rstrip("0123456789") for code in codes if not code.endswith("-")}
    each = [float(code in held) for code in GEAR for held in (worn, first, off)]
    return (float(bool(first)), float(bool(off)), float(len(worn)), *each)


def _best_distance(runs: Floats) -> Floats:
    """Log distance of the run with the best figure."""
    figure = np.where(np.isnan(runs[:, AT["figure"]]), -np.inf, runs[:, AT["figure"]])
    best = figure.argmax(axis=1)
    return np.where(np.isfinite(figure.max(axis=1)), runs[np.arange(len(runs)), AT["distance"], best], np.nan)


def _before(flags: Floats) -> Floats:
    """Share of the runs two to five ago that a flag was seen in, (runners, FLAGS)."""
    earlier = flags[:, :, 1:5]
    known = ~np.isnan(earlier)
    count = known.sum(axis=-1)
    total = np.where(known, earlier, 0.0).sum(axis=-1)
    share: Floats = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return share
