"""Sixteen rows side by side in registers: the two steps of `masks` that Numba's loops are slow at.

A loop over sixteen rows is compiled to narrow registers, and to a check at each turn of whether its arrays
overlap; as vectors of LLVM they take a third of the time. LLVM splits them where registers are narrower.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

LANES = 16
"""Rows worked side by side: as many singles as a register of 512 bits holds."""

_INTEGER, _SINGLE, _OFFSET = ir.IntType(32), ir.FloatType(), ir.IntType(64)
_INTEGERS, _SINGLES = ir.VectorType(_INTEGER, LANES), ir.VectorType(_SINGLE, LANES)

_Lowered: TypeAlias = tuple[Any, Callable[..., Any]] | None
_BITS, _COLUMNS = types.Array(types.uint32, 1, "C"), types.Array(types.float32, 2, "C")


def _strike(_: Any, left: Any, columns: Any, column: Any, threshold: Any, mask: Any) -> _Lowered:
    """left[lane] &= mask where columns[column, lane] > threshold.

    `left` is uint32 (LANES,), `columns` float32 (columns, LANES), both contiguous; `column` and `mask` are
    uint32, `threshold` float32. Of other types nothing is compiled; lengths are not looked at.
    """
    given_types = left, columns, column, threshold, mask
    if given_types != (_BITS, _COLUMNS, types.uint32, types.float32, types.uint32):
        return None

    def lower(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        left_data, columns_data = _data(context, builder, signature, given)
        held = _lanes(builder, left_data, _INTEGERS)
        row = builder.gep(_lanes(builder, columns_data, _SINGLES), [builder.zext(given[2], _OFFSET)])
        values = builder.load(row, align=4)
        above = builder.fcmp_ordered(">", values, _splat(builder, given[3], _SINGLES))
        full = ir.Constant(_INTEGERS, [-1] * LANES)
        kept = builder.select(above, _splat(builder, given[4], _INTEGERS), full)
        builder.store(builder.and_(builder.load(held, align=4), kept), held, align=4)
        return context.get_dummy_value()

    return types.void(*given_types), lower


def _lowest(_: Any, left: Any, found: Any) -> _Lowered:
    """found[lane] = number of the lowest bit of left[lane] that is set; both uint32 (LANES,).

    One has to be set, as a row comes to one leaf: without, the number is any. Types as of `strike`.
    """
    if (left, found) != (_BITS, _BITS):
        return None

    def lower(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        held, into = (_lanes(builder, data, _INTEGERS) for data in _data(context, builder, signature, given))
        never_zero = ir.Constant(ir.IntType(1), 1)
        shape = ir.FunctionType(_INTEGERS, [_INTEGERS, never_zero.type])
        count = builder.module.declare_intrinsic(f"llvm.cttz.v{LANES}i32", fnty=shape)
        builder.store(builder.call(count, [builder.load(held, align=4), never_zero]), into, align=4)
        return context.get_dummy_value()

    return types.void(left, found), lower


def _data(context: Any, builder: Any, signature: Any, given: Any) -> list[Any]:
    """Pointers to the data of the first two arguments, arrays."""
    arrays = zip(signature.args[:2], given, strict=False)
    return [context.make_array(kind)(context, builder, value).data for kind, value in arrays]


def _lanes(builder: Any, data: Any, vector: Any) -> Any:
    """Pointer to rows of lanes."""
    return builder.bitcast(data, vector.as_pointer())


def _splat(builder: Any, scalar: Any, vector: Any) -> Any:
    nothing = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(nothing, scalar, ir.Constant(_INTEGER, 0))
    return builder.shuffle_vector(one, nothing, ir.Constant(_INTEGERS, [0] * LANES))


strike: Any = intrinsic(_strike)
lowest: Any = intrinsic(_lowest)
