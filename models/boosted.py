"""Boosted trees with a race-softmax objective: trained by LightGBM, scored flat, exported to ONNX."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled
from models.layout import Floats
from models.softmax import STAGES, Starts, slopes
from models.trees import Trees, trees_of
from schemas.errors import HprError

TREES = 1200
SUMMED_TREES = 64  # in float32 by ONNX, whose groups are then added in float64
PARAMETERS: dict[str, Any] = {
    "num_leaves": 15,
    "learning_rate": 0.035,
    "lambda_l2": 30.0,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
RESIDUAL_TREES = 300
RESIDUAL: dict[str, Any] = {
    "num_leaves": 8,
    "learning_rate": 0.03,
    "lambda_l2": 100.0,
    "feature_fraction": 0.25,
}
"""Of trees on the public's offset, in place of those above: what is left to know is little."""
TOLERANCE = 1e-6
WALKED_TOLERANCE = 1e-12
SMALLEST = 1e-6


@dataclass(frozen=True)
class Boosted:
    """Trees, and the same as an ONNX model, `data`, for other programs; scores are those of the trees."""

    data: bytes
    trees: Trees

    @classmethod
    def of(cls, booster: Any, width: int) -> "Boosted":
        """Those of a trained LightGBM booster of `width` features."""
        return cls(_export(booster, width), trees_of(booster))

    def score(self, features: Floats) -> Floats:
        """Score of each runner, (rows,), from features (rows, features), which are read `rounded`."""
        return self.trees.score(rounded(features))

    def contributions(self, features: Floats) -> Floats:
        """Exact Shapley value of each feature, (rows, features): their sum is the score less its mean."""
        return self.trees.contributions(rounded(features))


def onnx_session(data: bytes) -> Any:
    """ONNX Runtime on one thread; raises HprError for no ONNX model."""
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own exceptions share no class but this one
        raise HprError(f"no ONNX model, or a damaged one: train it again ({error})") from error


def onnx_score(data: bytes, features: Floats) -> Floats:
    """Score of each runner, (rows,), by the exported model; raises HprError for no ONNX model."""
    found = onnx_session(data).run(None, {"features": rounded(features)})[0]
    score: Floats = np.asarray(found, dtype=np.float64)[:, 0]
    return score


def train(
    features: Floats,
    starts: Starts,
    labels: Floats,
    left: Floats,
    *,
    seed: int,
    trees: int | None = None,
    parameters: Mapping[str, Any] = MappingProxyType({}),
    offset: Floats | None = None,
    powers: Sequence[float] = (1.0,) * len(STAGES),
) -> Boosted:
    """Trees that lower the exploded cross-entropy of `softmax.slopes`, checked against LightGBM to 1e-6.

    features (rows, features), labels and left (stages, rows); `parameters` are LightGBM's, in place of the
    usual ones; `offset` (rows,) is added to the score and not learnt. Each tree is grown on the gradient of
    the whole race's softmax, its leaves steps of gradient over Hessian's diagonal. The same seed and data
    give the same bytes. Source: Friedman (2001), "Greedy function approximation", Annals of Statistics 29;
    Ke and others (2017), "LightGBM", NeurIPS 30. Raises HprError where what is scored with differs from the
    trainer.
    """
    import lightgbm

    held = rounded(features)
    base = np.zeros(len(features)) if offset is None else offset

    def objective(scores: Floats, _: object) -> tuple[Floats, Floats]:
        gradient, hessian, _loss = slopes(base + scores, labels, left, starts, powers)
        return gradient, np.maximum(hessian, 1e-6)

    data = lightgbm.Dataset(held, label=np.zeros(len(held)))
    booster = lightgbm.train(
        {**PARAMETERS, **parameters, "objective": objective, "seed": seed}, data, trees or TREES
    )
    model = Boosted.of(booster, features.shape[1])
    sample = held[:: max(len(held) // 20_000, 1)]
    given, wanted = sample.astype(np.float64), np.asarray(booster.predict(sample, num_threads=1))
    for name, found, most in (
        ("exported", onnx_score(model.data, given), TOLERANCE),
        ("walked", model.score(given), WALKED_TOLERANCE),
    ):
        apart = float((np.abs(found - wanted) / np.maximum(np.abs(wanted), 1.0)).max(initial=0.0))
        if apart > most:
            raise HprError(f"the {name} trees differ from the trained ones by {apart:.1e}: train again")
    return model


def rounded(features: Floats) -> NDArray[np.float32]:
    """Features as float32 of 15 bits, what is below a millionth as 0.

    ONNX keeps thresholds as float32. LightGBM puts them half way between two values, and half way between
    neighbours of 24 bits is none of either; between values of 15 bits it is, so both split alike. It also
    makes equal what differs by the noise of a sum.
    """
    short = np.ascontiguousarray(features, dtype=np.float32)
    _round(short.view(np.uint32), found := np.empty_like(short))
    return found


@compiled()
def _round(bits: NDArray[np.uint32], found: NDArray[np.float32]) -> None:
    values = found.view(np.uint32)
    for row in range(len(bits)):
        for at in range(bits.shape[1]):
            values[row, at] = (bits[row, at] + np.uint32(0x80)) & np.uint32(0xFFFFFF00)
            if abs(found[row, at]) < SMALLEST:
                found[row, at] = np.float32(0.0)


def _export(booster: Any, width: int) -> bytes:
    """ONNX bytes of a LightGBM model; its custom objective is named regression, which changes no score."""
    import lightgbm
    from onnxmltools import convert_lightgbm  # type: ignore[import-untyped]
    from onnxmltools.convert.common.data_types import (  # type: ignore[import-untyped]
        FloatTensorType,
    )

    text = booster.model_to_string()
    named = text.replace("\nfeature_names", "\nobjective=regression\nfeature_names", 1)
    plain = lightgbm.Booster(model_str=named)
    plain.params["objective"] = "regression"
    # Without a name the converter invents one, and the bytes would never be the same again.
    found = convert_lightgbm(
        plain,
        name="boosted",
        initial_types=[("features", FloatTensorType([None, width]))],
        target_opset=15,
        zipmap=False,
        split=SUMMED_TREES if booster.num_trees() > SUMMED_TREES else None,
    )
    data: bytes = found.SerializeToString()
    return data
