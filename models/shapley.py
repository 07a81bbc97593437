"""Exact Shapley values of trees: what each feature adds to a score, by quadrature over each leaf."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.lanes import LANES
from models.layout import Flags, Floats
from schemas.errors import HprError

Singles = NDArray[np.float32]
Numbers = NDArray[np.int32]
MOST_POINTS = 32
"""Enough for 64 features on the way to a leaf; a tree of 32 leaves has at most 31 of them."""


class Paths(NamedTuple):
    """The features on the way to each leaf, arrays (entries,); those of leaf n from begin[n] on.

    A row is on the leaf's way by a feature where low < x <= high, or where it is unknown and `nan_in`.
    `share` is the part of the training rows that went on at all splits by that feature.
    """

    begin: Numbers
    value: Floats
    feature: Numbers
    low: Singles
    high: Singles
    nan_in: Flags
    share: Floats


def paths_of(nodes: Any) -> Paths:
    """The ways to all leaves of `trees.Nodes`; splits by one feature are drawn together."""
    child = nodes.child
    numbers = np.arange(len(child), dtype=np.int32)
    inner = numbers[child != numbers]
    parent = np.full(len(child), -1, dtype=np.int32)
    parent[child[inner]] = parent[child[inner] + 1] = inner
    leaves = numbers[child == numbers]
    begin, feature, low, high, nan_in, share = _climbed(nodes, parent, leaves)
    if np.diff(begin).max(initial=0) > 2 * MOST_POINTS:
        raise HprError(f"trees with more than {2 * MOST_POINTS} features on one way: train with fewer leaves")
    end = begin[-1]
    return Paths(begin, nodes.value[leaves], feature[:end], low[:end], high[:end], nan_in[:end], share[:end])


@compiled()
def _climbed(
    nodes: Any, parent: Numbers, leaves: Numbers
) -> tuple[Numbers, Numbers, Singles, Singles, Flags, Floats]:
    """Fields of Paths but the values, by climbing from each leaf to its root."""
    feature, threshold, count = nodes.feature, nodes.threshold, nodes.rows
    room = 0
    for leaf in leaves:
        node = leaf
        while parent[node] >= 0:
            node = parent[node]
            room += 1
    begin = np.zeros(len(leaves) + 1, np.int32)
    at, low, high = np.empty(room, np.int32), np.empty(room, np.float32), np.empty(room, np.float32)
    nan_in, share = np.empty(room, np.bool_), np.empty(room)
    end = 0
    for number, leaf in enumerate(leaves):
        first, node = end, leaf
        while parent[node] >= 0:
            above = parent[node]
            entry = first
            while entry < end and at[entry] != feature[above]:
                entry += 1
            if entry == end:
                at[entry], low[entry], high[entry] = feature[above], -np.inf, np.inf
                nan_in[entry], share[entry] = True, 1.0
                end += 1
            went_left = node == nodes.child[above]
            if went_left:
                high[entry] = min(high[entry], threshold[above])
            else:
                low[entry] = max(low[entry], threshold[above])
            nan_in[entry] &= nodes.nan_left[above] == went_left
            share[entry] *= count[node] / count[above]
            node = above
        begin[number + 1] = end
    return begin, at, low, high, nan_in, share


def shapley(features: Singles, paths: Paths) -> Floats:
    """Shapley value of each feature, (rows, features), of the trees' score of each row.

    A coalition's worth is the mean score in training over what is not in it, branches weighted by their
    training rows: the path-dependent values of Lundberg and others (2020), "From local explanations to
    global understanding with explainable AI for trees", Nature Machine Intelligence 2. A leaf's part in it
    is a product of v with, for each feature j on its way, o_j (1 if the row goes that way, else 0) inside a
    coalition and its share z_j outside. Then feature i has

        v (o_i - z_i) * integral over t in (0, 1) of the product over j != i of (z_j (1 - t) + o_j t)

    because a coalition of s of the n - 1 others weighs s! (n - 1 - s)! / n!, which is the integral of
    t**s (1 - t)**(n - 1 - s). It is a polynomial of degree n - 1, so Gauss and Legendre's rule of n / 2
    points gives it exactly.
    """
    values = np.zeros(features.shape, dtype=np.float64)
    width, (inside, sums) = features.shape[1], np.empty((2, 2 * MOST_POINTS, LANES))
    for first in range(0, len(features), LANES):
        rows = features[first : first + LANES]
        columns, found = np.zeros((width, LANES), np.float32), np.zeros((width, LANES))
        columns[:, : len(rows)] = rows.T
        _add_leaves(columns, paths, _RULES, _Room(inside, sums, np.empty(LANES)), found)
        values[first : first + LANES] = found[:, : len(rows)].T
    return values


class _Rules(NamedTuple):
    """Points in (0, 1) and weights of Gauss and Legendre's rules, (points, points): row n of n points."""

    points: Floats
    weights: Floats


class _Room(NamedTuple):
    """What is worked with at one leaf: whether rows go its way by each entry, their sums; the product."""

    inside: Floats
    sums: Floats
    product: Floats


@compiled()
def _enter(columns: Singles, paths: Paths, first: int, count: int, room: _Room) -> None:
    """Whether rows go a leaf's way by each of its entries: 1 or 0."""
    for n in range(count):
        low, high, at = paths.low[first + n], paths.high[first + n], paths.feature[first + n]
        for lane in range(columns.shape[1]):
            goes = (columns[at, lane] > low) & (columns[at, lane] <= high)
            room.inside[n, lane], room.sums[n, lane] = 1.0 if goes else 0.0, 0.0
        if paths.nan_in[first + n]:
            for lane in range(columns.shape[1]):
                if np.isnan(columns[at, lane]):
                    room.inside[n, lane] = 1.0


@compiled()
def _add_leaves(columns: Singles, paths: Paths, rules: _Rules, room: _Room, values: Floats) -> None:
    """Add all leaves' parts; rows lie side by side, (features, LANES), and are worked together."""
    lanes, inside, sums, product = columns.shape[1], room.inside, room.sums, room.product
    for leaf in range(len(paths.value)):
        first = paths.begin[leaf]
        count = paths.begin[leaf + 1] - first
        _enter(columns, paths, first, count, room)
        for point in range((count + 1) // 2):
            here = rules.points[(count + 1) // 2, point]
            product[:] = rules.weights[(count + 1) // 2, point]
            for n in range(count):
                outside = paths.share[first + n] * (1.0 - here)
                for lane in range(lanes):
                    product[lane] *= outside + inside[n, lane] * here
            for n in range(count):
                outside = paths.share[first + n] * (1.0 - here)
                # Divided by its own factor, which is one of two.
                without = 1.0 / outside
                more = 1.0 / (outside + here) - without
                for lane in range(lanes):
                    sums[n, lane] += product[lane] * (without + inside[n, lane] * more)
        for n in range(count):
            at, share = paths.feature[first + n], paths.share[first + n]
            for lane in range(lanes):
                values[at, lane] += paths.value[leaf] * (inside[n, lane] - share) * sums[n, lane]


def _rules() -> _Rules:
    points, weights = np.zeros((2, MOST_POINTS + 1, MOST_POINTS))
    for count in range(1, MOST_POINTS + 1):
        at, weight = np.polynomial.legendre.leggauss(count)
        points[count, :count], weights[count, :count] = 0.5 * (at + 1.0), 0.5 * weight
    return _Rules(points, weights)


_RULES = _rules()
