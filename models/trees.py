"""Boosted trees as flat arrays: one scorer for evaluation and stream, and the way from the trainer to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.layout import Flags, Floats
from models.masks import Masks, masks_of, score
from models.shapley import Paths, paths_of, shapley
from schemas.errors import HprError

Singles = NDArray[np.float32]
Numbers = NDArray[np.int32]


class Nodes(NamedTuple):
    """Nodes of all trees one after the other, arrays (nodes,); `root` (trees,).

    A row goes to `child` where its feature is at most the threshold, or is unknown and `nan_left` is set,
    else to the node after that. A leaf is its own child, whatever the row. `value` is 0 but at leaves;
    `rows` is how many training rows came there.
    """

    feature: Numbers
    threshold: Singles
    nan_left: Flags
    child: Numbers
    value: Floats
    rows: Floats
    root: Numbers


_KINDS: tuple[type[np.generic], ...] = (
    np.int32,
    np.float32,
    np.bool_,
    np.int32,
    np.float64,
    np.float64,
    np.int32,
)


@dataclass(frozen=True)
class Trees:
    """Trees that are scored and explained."""

    nodes: Nodes

    def score(self, features: Singles) -> Floats:
        """Sum of the leaves' values, (rows,), of features (rows, features): the same bits for any block."""
        return score(features, self._masks)

    def contributions(self, features: Singles) -> Floats:
        """Shapley value of each feature, (rows, features): their sum is the score less its mean."""
        return shapley(features, self._paths)

    @cached_property
    def _masks(self) -> Masks:
        return masks_of(self.nodes, self.width)

    @cached_property
    def _paths(self) -> Paths:
        return paths_of(self.nodes)

    @property
    def width(self) -> int:
        """Features read at least."""
        return int(self.nodes.feature.max(initial=0)) + 1

    def packed(self) -> bytes:
        """All arrays as bytes."""
        out = BytesIO()
        np.savez_compressed(out, allow_pickle=False, **self.nodes._asdict())
        return out.getvalue()


def unpacked(data: bytes) -> Trees:
    """What `packed` gave. Raises HprError for bytes that are no trees, or whose nodes lead astray."""
    try:
        with np.load(BytesIO(data), allow_pickle=False) as file:
            nodes = Nodes(*(file[name] for name in Nodes._fields))
    except (KeyError, ValueError, BadZipFile, EOFError, OSError) as error:
        raise HprError(f"no trees, or damaged ones: train again ({error})") from error
    if not _is_forest(nodes):
        raise HprError("no trees, or damaged ones: train again (nodes that are none, or lead astray)")
    return Trees(nodes)


def _is_forest(nodes: Nodes) -> bool:
    """Whether arrays are of their kind and length, and each node but the roots comes from one before it."""
    arrays: tuple[NDArray[Any], ...] = nodes
    if any(each.dtype != kind or each.ndim != 1 for each, kind in zip(arrays, _KINDS, strict=True)):
        return False
    count = len(nodes.child)
    if any(len(each) != count for each in arrays[:-1]) or (nodes.feature < 0).any():
        return False
    numbers = np.arange(count)
    inner = np.flatnonzero(nodes.child != numbers)
    parents = np.concatenate([inner, inner])
    children = np.concatenate([nodes.child[inner], nodes.child[inner] + 1])
    if not np.array_equal(np.sort(np.concatenate([nodes.root, children])), numbers):
        return False
    tree = np.searchsorted(nodes.root, numbers, side="right")
    within = (children > parents) & (tree[children] == tree[parents])
    return bool(within.all() and (np.diff(nodes.root) > 0).all())


def trees_of(booster: Any) -> Trees:
    """The trees of a trained LightGBM booster, with its own thresholds, values and counts."""
    made = _Growing()
    for tree in booster.dump_model()["tree_info"]:
        made.plant(tree["tree_structure"])
    # Splits between known and unknown have the largest double for a threshold: single's infinity.
    most = float(np.finfo(np.float32).max)
    thresholds = np.array(
        [each if abs(each) <= most else np.copysign(np.inf, each) for each in made.threshold]
    )
    nodes = Nodes(
        feature=np.array(made.feature, dtype=np.int32),
        threshold=thresholds.astype(np.float32),
        nan_left=np.array(made.nan_left, dtype=np.bool_),
        child=np.array(made.child, dtype=np.int32),
        value=np.array(made.value, dtype=np.float64),
        rows=np.array(made.rows, dtype=np.float64),
        root=np.array(made.root, dtype=np.int32),
    )
    return Trees(nodes)


class _Growing:
    """Lists of what the arrays will hold; both children of a node stand side by side."""

    def __init__(self) -> None:
        self.feature: list[int] = []
        self.threshold: list[float] = []
        self.nan_left: list[bool] = []
        self.child: list[int] = []
        self.value: list[float] = []
        self.rows: list[float] = []
        self.root: list[int] = []

    def plant(self, structure: Mapping[str, Any]) -> None:
        """One more tree, level by level."""
        self.root.append(len(self.child))
        level = [structure]
        self._add(structure)
        while level:
            below: list[Mapping[str, Any]] = []
            first = len(self.child) - len(level)
            for at, node in enumerate(level, start=first):
                if "split_feature" not in node:
                    continue
                self.child[at] = len(self.child)
                for side in ("left_child", "right_child"):
                    self._add(node[side])
                    below.append(node[side])
            level = below

    def _add(self, node: Mapping[str, Any]) -> None:
        split = "split_feature" in node
        if split and node["decision_type"] != "<=":
            raise HprError(f"a split by {node['decision_type']} is not known: train without categories")
        threshold = node["threshold"] if split else np.inf
        self.feature.append(node["split_feature"] if split else 0)
        self.threshold.append(threshold)
        # A feature that was always known in training is taken for 0 where it is not, as LightGBM does.
        zero = split and node["missing_type"] == "None"
        self.nan_left.append(not split or (threshold >= 0.0 if zero else node["default_left"]))
        self.child.append(len(self.child))
        self.value.append(0.0 if split else node["leaf_value"])
        self.rows.append(node["internal_count"] if split else node.get("leaf_count", 1))
