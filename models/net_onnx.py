"""A net as an ONNX model that scores one race from its runners' features, for other programs."""

from typing import Any

import numpy as np

from models.boosted import TOLERANCE, onnx_session
from models.layout import Floats
from models.logit import Bounds
from models.net import MOST, Net
from schemas.errors import HprError

OPSET, IR = 15, 8
CHECKED_RUNNERS, UNKNOWN_SHARE = 14, 0.1
_STEPS = (
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
"""Operator, what it reads and what it gives: `net.inputs_of` of one race, then the score."""


def export(net: Net) -> bytes:
    """ONNX bytes: `features` (runners, features) of one race to `score` (runners, 1), both double."""
    from onnx import TensorProto, helper, numpy_helper

    bounds, weights = Bounds.of(net.terms), net.weights
    constants: dict[str, Any] = {
        **bounds._asdict(), "hidden": weights.hidden, "bias": weights.bias, "out": weights.out[:, None],
        "linear": weights.linear[:, None], "nothing": 0.0, "one": 1.0, "least": -MOST, "most": MOST,
        "middle": net.context.middle, "context": net.context.scale,
    }  # fmt: skip
    held = [numpy_helper.from_array(np.asarray(each, np.float64), name) for name, each in constants.items()]
    held.append(numpy_helper.from_array(np.zeros(1, np.int64), "runners"))
    double: dict[str, Any] = {"to": TensorProto.DOUBLE}
    nodes = [
        helper.make_node(name, given, [made], **(double if name == "Cast" else {}))
        for name, given, made in _STEPS
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["runners", width])
        for name, width in (("features", len(bounds.low)), ("score", 1))
    ]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:], held)
    opsets = [helper.make_opsetid("", OPSET)]
    data: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=IR).SerializeToString()
    return data


def onnx_net_score(data: bytes, features: Floats) -> Floats:
    """Scores of one race, (runners,), by the exported model; raises HprError for no ONNX model."""
    found: Floats = onnx_session(data).run(None, {"features": np.asarray(features, np.float64)})[0][:, 0]
    return found


def checked(net: Net) -> bytes:
    """The export, which scores a made-up race as the net does; raises HprError where it does not."""
    data, random = export(net), np.random.default_rng(1)
    low, high = (np.where(np.isfinite(each), each, 0.0) for each in (net.terms.low, net.terms.high))
    race = random.uniform(low, high, (CHECKED_RUNNERS, len(low)))
    race[random.random(race.shape) < UNKNOWN_SHARE] = np.nan
    wanted = net.score(race, np.zeros(1, dtype=np.intp))
    apart = float(np.abs(onnx_net_score(data, race) - wanted).max())
    if apart > TOLERANCE:
        raise HprError(f"the exported net differs from the trained one by {apart:.1e}: train again")
    return data
