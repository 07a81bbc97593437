"""Exact Shapley values of trees: what each feature adds to a score, by quadrature over each leaf."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.layout import Flags, Floats
from schemas.errors import HprError

Singles = NDArray[np.float32]
Numbers = NDArray[np.int32]
MOST_POINTS = 32
"""Enough for 64 features on the way to a leaf; a tree of 31 leaves has at most 30 of them."""


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
    _add_leaves(features, paths, POINTS, WEIGHTS, values)
    return values


@compiled()
def _add_leaves(features: Singles, paths: Paths, points: Floats, weights: Floats, values: Floats) -> None:
    begin, feature, low, high = paths.begin, paths.feature, paths.low, paths.high
    share = paths.share
    rows, within = len(features), np.empty(2 * MOST_POINTS, np.bool_)
    inside = np.empty(2 * MOST_POINTS)
    for leaf in range(len(paths.value)):
        first, end = begin[leaf], begin[leaf + 1]
        count = end - first
        rule = (count + 1) // 2
        for row in range(rows):
            outside, out = 1.0, 0
            for n in range(count):
                entry = first + n
                known = features[row, feature[entry]]
                within[n] = low[entry] < known <= high[entry] or (np.isnan(known) and paths.nan_in[entry])
                inside[n] = 0.0
                if not within[n]:
                    outside *= share[entry]
                    out += 1
            missed = 0.0
            for point in range(rule):
                at = points[rule, point]
                rest = 1.0 - at
                product = weights[rule, point] * outside * rest**out
                for n in range(count):
                    if within[n]:
                        product *= share[first + n] * rest + at
                missed += product / rest
                for n in range(count):
                    if within[n]:
                        inside[n] += product / (share[first + n] * rest + at)
            for n in range(count):
                entry = first + n
                part = (1.0 - share[entry]) * inside[n] if within[n] else -missed
                values[row, feature[entry]] += paths.value[leaf] * part


def _rules() -> tuple[Floats, Floats]:
    """Points in (0, 1) and weights of Gauss and Legendre's rules of 1 to MOST_POINTS points, a row each."""
    points, weights = np.zeros((2, MOST_POINTS + 1, MOST_POINTS))
    for count in range(1, MOST_POINTS + 1):
        at, weight = np.polynomial.legendre.leggauss(count)
        points[count, :count], weights[count, :count] = 0.5 * (at + 1.0), 0.5 * weight
    return points, weights


POINTS, WEIGHTS = _rules()
