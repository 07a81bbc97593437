"""Nets and logits as ONNX models that score one race from its runners' features, for other programs."""

from typing import Any

import numpy as np

from models.boosted import TOLERANCE, onnx_session
from models.layout import Floats
from models.logit import Bounds, Logit, inverse
from models.net import MOST, Net
from schemas.errors import HprError

OPSET, IR = 15, 8
CHECKED_RUNNERS, UNKNOWN_SHARE = 14, 0.1

Steps = tuple[tuple[str, tuple[str, ...], str], ...]
"""Operator, what it reads and what it gives, one after the other."""

_STANDARDISED: Steps = (
    ("IsNaN", ("features",), "unknown"),
    ("Not", ("unknown",), "known"),
    ("Max", ("features", "low"), "above"),
    ("Min", ("above", "high"), "clipped"),
    ("Where", ("known", "clipped", "nothing"), "filled"),
    ("Cast", ("known",), "counted"),
    ("ReduceSum", ("counted", "runners"), "found"),
    ("Max", ("found", "one"), "count"),
    ("ReduceSum", ("filled", "runners"), "total"),
    ("Div", ("total", "count"), "mean"),
    ("Sub", ("filled", "mean"), "apart"),
    ("Mul", ("apart", "scale"), "scaled"),
)
"""`logit.standardise` of one race, unknown ones still to be left out."""

_NET: Steps = (
    ("Sub", ("clipped", "middle"), "above_middle"),
    ("Mul", ("above_middle", "context"), "shared"),
    ("Add", ("scaled", "shared"), "both"),
    ("Where", ("known", "both", "nothing"), "told"),
    ("Max", ("told", "least"), "raised"),
    ("Min", ("raised", "most"), "inputs"),
    ("MatMul", ("inputs", "hidden"), "moved"),
    ("Add", ("moved", "bias"), "units"),
    ("Relu", ("units",), "on"),
    ("MatMul", ("on", "out"), "bent"),
    ("MatMul", ("inputs", "linear"), "straight"),
    ("Add", ("bent", "straight"), "score"),
)
"""`net.inputs_of`, then the net."""

_LOGIT: Steps = (
    ("Where", ("known", "scaled", "nothing"), "inputs"),
    ("Mul", ("inputs", "inputs"), "squares"),
    ("ReduceMean", ("squares",), "square"),
    ("Sub", ("squares", "square"), "squares_apart"),
    ("Mul", ("squares_apart", "square_scale"), "squares_scaled"),
    ("MatMul", ("squares_scaled", "bending"), "bent"),
    ("MatMul", ("inputs", "linear"), "straight"),
    ("Add", ("bent", "straight"), "score"),
)
"""The squares of the terms, then both times their weights."""


def export(model: Net | Logit) -> bytes:
    """ONNX bytes: `features` (runners, features) of one race to `score` (runners, 1), both double."""
    from onnx import TensorProto, helper, numpy_helper

    name, steps, constants = _parts(model)
    constants |= {**Bounds.of(model.terms)._asdict(), "nothing": 0.0, "one": 1.0}
    held = [numpy_helper.from_array(np.asarray(each, np.float64), name) for name, each in constants.items()]
    held.append(numpy_helper.from_array(np.zeros(1, np.int64), "runners"))
    extra: dict[str, dict[str, Any]] = {"Cast": {"to": TensorProto.DOUBLE}, "ReduceMean": {"axes": [0]}}
    nodes = [
        helper.make_node(kind, given, [made], **extra.get(kind, {}))
        for kind, given, made in _STANDARDISED + steps
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["runners", width])
        for name, width in (("features", len(model.terms.low)), ("score", 1))
    ]
    graph = helper.make_graph(nodes, name, ends[:1], ends[1:], held)
    opsets = [helper.make_opsetid("", OPSET)]
    data: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=IR).SerializeToString()
    return data


def _parts(model: Net | Logit) -> tuple[str, Steps, dict[str, Any]]:
    """Name, last steps and constants of a kind of model."""
    if isinstance(model, Logit):
        linear, bending = np.split(model.weights[:, None], [len(model.terms.low)])
        square_scale = inverse(model.terms.square_scale)
        return "logit", _LOGIT, {"linear": linear, "bending": bending, "square_scale": square_scale}
    weights = model.weights
    return "net", _NET, {
        "hidden": weights.hidden, "bias": weights.bias, "out": weights.out[:, None],
        "linear": weights.linear[:, None], "least": -MOST, "most": MOST,
        "middle": model.context.middle, "context": model.context.scale,
    }  # fmt: skip


def onnx_race_score(data: bytes, features: Floats) -> Floats:
    """Scores of one race, (runners,), by the exported model; raises HprError for no ONNX model."""
    found: Floats = onnx_session(data).run(None, {"features": np.asarray(features, np.float64)})[0][:, 0]
    return found


def checked(model: Net | Logit) -> bytes:
    """The export, which scores a made-up race as the model does; raises HprError where it does not."""
    data, random = export(model), np.random.default_rng(1)
    low, high = (np.where(np.isfinite(each), each, 0.0) for each in (model.terms.low, model.terms.high))
    race = random.uniform(low, high, (CHECKED_RUNNERS, len(low)))
    race[random.random(race.shape) < UNKNOWN_SHARE] = np.nan
    wanted = model.score(race, np.zeros(1, dtype=np.intp))
    apart = float(np.abs(onnx_race_score(data, race) - wanted).max())
    if apart > TOLERANCE:
        raise HprError(f"the exported model differs from the trained one by {apart:.1e}: train again")
    return data
