"""Sixteen numbers side by side in registers: the innermost steps of `masks` and `net`, slow as loops.

Numba compiles a loop over sixteen to narrow registers, and to a check at each turn of whether its arrays
overlap; as vectors of LLVM they take a third to a half of the time. LLVM splits them where registers are
narrower. Of other types than are named nothing is compiled; lengths are not looked at.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from models.compiled import compiled

LANES = 16
"""How many: a register of 512 bits holds as many float32, two hold as many float64."""

LINE = 64
"""Bytes of a line of the cache."""

_INTEGER, _OFFSET = ir.IntType(32), ir.IntType(64)
_INTEGERS, _SINGLES, _DOUBLES = (
    ir.VectorType(kind, LANES) for kind in (_INTEGER, ir.FloatType(), ir.DoubleType())
)

_Lowered: TypeAlias = tuple[Any, Callable[..., Any]] | None
_ROW, _ROWS = (types.Array(types.float64, dimensions, "C") for dimensions in (1, 2))
_BITS, _COLUMNS = types.Array(types.uint32, 1, "C"), types.Array(types.float32, 2, "C")


@compiled()
def aligned(size: int) -> NDArray[np.uint8]:
    """So many bytes, not filled, that begin a line of the cache: a register of them lies in one."""
    room = np.empty(size + LINE, np.uint8)
    first = -room.ctypes.data % LINE
    return room[first : first + size]


def _strike(_: Any, left: Any, columns: Any, column: Any, threshold: Any, mask: Any) -> _Lowered:
    """left[lane] &= mask where columns[column, lane] > threshold.

    `left` is uint32 (LANES,), `columns` float32 (columns, LANES), both contiguous; `column` and `mask` are
    uint32, `threshold` float32.
    """
    given_types = left, columns, column, threshold, mask
    if given_types != (_BITS, _COLUMNS, types.uint32, types.float32, types.uint32):
        return None

    def lower(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        left_data, columns_data = _data(context, builder, signature, given)
        held = builder.bitcast(left_data, _INTEGERS.as_pointer())
        row = builder.bitcast(columns_data, _SINGLES.as_pointer())
        row = builder.gep(row, [builder.zext(given[2], _OFFSET)])
        values = builder.load(row, align=4)
        above = builder.fcmp_ordered(">", values, _splat(builder, given[3], _SINGLES))
        full = ir.Constant(_INTEGERS, [-1] * LANES)
        kept = builder.select(above, _splat(builder, given[4], _INTEGERS), full)
        builder.store(builder.and_(builder.load(held, align=4), kept), held, align=4)
        return context.get_dummy_value()

    return types.void(*given_types), lower


def _lowest(_: Any, left: Any, found: Any) -> _Lowered:
    """found[lane] = number of the lowest bit of left[lane] that is set; both uint32 (LANES,).

    One has to be set, as a row comes to one leaf: without, the number is any.
    """
    if (left, found) != (_BITS, _BITS):
        return None

    def lower(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        held, into = (
            builder.bitcast(data, _INTEGERS.as_pointer())
            for data in _data(context, builder, signature, given)
        )
        never_zero = ir.Constant(ir.IntType(1), 1)
        shape = ir.FunctionType(_INTEGERS, [_INTEGERS, never_zero.type])
        count = builder.module.declare_intrinsic(f"llvm.cttz.v{LANES}i32", fnty=shape)
        builder.store(builder.call(count, [builder.load(held, align=4), never_zero]), into, align=4)
        return context.get_dummy_value()

    return types.void(left, found), lower


def _add_four(_: Any, into: Any, weights: Any, given: Any, at: Any, lane: Any) -> _Lowered:
    """into[n] += given[m] * weights[m, n], for the four m from `at` in this order and LANES n from `lane`.

    All float64 and contiguous, `at` and `lane` uint64.
    """
    given_types = into, weights, given, at, lane
    if given_types != (_ROW, _ROWS, _ROW, types.uint64, types.uint64):
        return None

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        into_data, weights_data, given_data = _data(context, builder, signature, values)
        at, lane = values[3:]
        shape = context.make_array(weights)(context, builder, values[1]).shape
        width = builder.extract_value(shape, 1)
        total_at = builder.bitcast(builder.gep(into_data, [lane]), _DOUBLES.as_pointer())
        total = builder.load(total_at, align=8)
        for n in range(4):
            row = builder.add(at, ir.Constant(_OFFSET, n))
            here = builder.gep(weights_data, [builder.add(builder.mul(row, width), lane)])
            lanes = builder.load(builder.bitcast(here, _DOUBLES.as_pointer()), align=8)
            by = _splat(builder, builder.load(builder.gep(given_data, [row])), _DOUBLES)
            total = builder.fadd(total, builder.fmul(lanes, by))
        builder.store(total, total_at, align=8)
        return context.get_dummy_value()

    return types.void(*given_types), lower


def _data(context: Any, builder: Any, signature: Any, given: Any) -> list[Any]:
    """Pointers to the data of those arguments that are arrays."""
    return [
        context.make_array(kind)(context, builder, value).data
        for kind, value in zip(signature.args, given, strict=True)
        if isinstance(kind, types.Array)
    ]


def _splat(builder: Any, scalar: Any, vector: Any) -> Any:
    nothing = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(nothing, scalar, ir.Constant(_INTEGER, 0))
    return builder.shuffle_vector(one, nothing, ir.Constant(_INTEGERS, [0] * LANES))


strike: Any = intrinsic(_strike)
lowest: Any = intrinsic(_lowest)
add_four: Any = intrinsic(_add_four)
