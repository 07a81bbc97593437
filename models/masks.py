"""Trees as comparisons and bit masks: a whole field goes through all of them without a branch."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.lanes import LANES, aligned, lowest, strike
from models.layout import Floats
from schemas.errors import HprError

Singles = NDArray[np.float32]
Unsigned = NDArray[np.uint32]
MOST_LEAVES = 32


class Masks(NamedTuple):
    """Comparisons of all trees one after the other, arrays (comparisons,); `value` (leaves,) from the left.

    A row with a feature above the threshold cannot come to the leaves left of it: `mask` has a 0 for each.
    Column f + width is feature f with unknown values above all, column f with them below all. Tree n has
    the comparisons from begin[n] on and the leaves from leaf[n] on.
    """

    column: Unsigned
    threshold: Singles
    mask: Unsigned
    begin: Unsigned
    leaf: Unsigned
    value: Floats
    width: int


def masks_of(nodes: Any, width: int) -> Masks:
    """The comparisons of `trees.Nodes` over `width` features; raises HprError for trees of over 32 leaves."""
    inner = nodes.child != np.arange(len(nodes.child))
    edges = np.append(nodes.root, len(inner))
    leaves = np.add.reduceat(~inner, nodes.root) if len(nodes.root) else np.zeros(0, np.intp)
    if leaves.max(initial=0) > MOST_LEAVES:
        raise HprError(f"trees have up to {leaves.max()} leaves: train with at most {MOST_LEAVES}")
    mask, value = np.full(len(inner), 0xFFFFFFFF, np.uint32), np.zeros(int(leaves.sum()))
    _mark(nodes, mask, value)
    # Whatever is known is at most the largest single; only what stands for the unknown is above it.
    threshold = np.minimum(nodes.threshold, np.finfo(np.float32).max)[inner]
    column = np.where(nodes.nan_left, nodes.feature, nodes.feature + width)[inner]
    begin = np.concatenate([[0], np.cumsum(inner)])[edges]
    leaf = np.concatenate([[0], np.cumsum(leaves)])
    return Masks(
        column.astype(np.uint32), threshold.astype(np.float32), mask[inner], begin.astype(np.uint32),
        leaf.astype(np.uint32), value, width,
    )  # fmt: skip


@compiled()
def _mark(nodes: Any, mask: Unsigned, value: Floats) -> None:
    """Number the leaves of each tree from the left; what is left of a split goes out of its mask."""
    child, count = nodes.child, 0
    stack, parent = np.empty(2 * MOST_LEAVES, np.int64), np.full(len(child), -1, np.int64)
    for root in nodes.root:
        stack[0], size, first = root, 1, count
        while size:
            size -= 1
            node = stack[size]
            if child[node] != node:
                stack[size], stack[size + 1] = child[node] + 1, child[node]
                parent[child[node]] = parent[child[node] + 1] = node
                size += 2
                continue
            value[count] = nodes.value[node]
            bit = np.uint32(1) << np.uint32(count - first)
            count += 1
            while parent[node] >= 0:
                if child[parent[node]] == node:
                    mask[parent[node]] &= np.uint32(~bit)
                node = parent[node]


def score(features: Singles, masks: Masks) -> Floats:
    """Sum over the trees of the leaf that each row comes to, (rows,); the same bits alone and in any block.

    Source: Lucchese and others (2015), "QuickScorer: a fast algorithm to rank documents with additive
    ensembles of regression trees", SIGIR 38; here over rows in place of over documents' features.
    """
    if features.shape[1] < masks.width:
        raise ValueError(f"trees of {masks.width} features, given {features.shape[1]}")
    scores = np.zeros(-(-len(features) // LANES) * LANES)
    _add(features, masks, scores)
    return scores[: len(features)]


@compiled()
def _add(features: Singles, masks: Masks, scores: Floats) -> None:
    columns = aligned(8 * masks.width * LANES).view(np.float32).reshape((2 * masks.width, LANES))
    left = aligned(4 * LANES).view(np.uint32)
    full, number = np.uint32(0xFFFFFFFF), np.empty(LANES, np.uint32)
    for first in range(0, len(features), LANES):
        _place(features[first : first + LANES], masks.width, columns)
        for tree in range(len(masks.begin) - 1):
            left[:] = full
            for split in range(masks.begin[tree], masks.begin[tree + 1]):
                strike(left, columns, masks.column[split], masks.threshold[split], masks.mask[split])
            lowest(left, number)
            for lane in range(len(number)):
                scores[first + lane] += masks.value[masks.leaf[tree] + number[lane]]


@compiled()
def _place(rows: Singles, width: int, columns: Singles) -> None:
    """Lanes without a row stay as they are: what they come to is scored and dropped."""
    for lane in range(len(rows)):
        for at in range(width):
            value = rows[lane, at]
            unknown = np.isnan(value)
            columns[at, lane] = -np.inf if unknown else value
            columns[width + at, lane] = np.inf if unknown else value
