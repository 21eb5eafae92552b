"""From a program to a graph of nodes.

Some primitives are rewritten here in terms of others, so that the kernels need to
know only a few forms: expressions (evaluated at an index), reductions, products,
loops, and calls back to NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.backends.native.complex_numbers import FOLDING, FORMULAS, MOVING
from chainrule.backends.native.half_precision import HALF
from chainrule.backends.native.lowerings import LOWERINGS, has_element, lowers
from chainrule.backends.native.node import (
    INDEXED,
    REDUCTIONS,
    RUNNING,
    VIEWS,
    Choice,
    Loop,
    Node,
    Region,
    all_nodes,
)
from chainrule.backends.native.powers import rewritten_power
from chainrule.backends.native.rewrites import (
    BY_SINGLES,
    complex_product,
    goes_by_singles,
    in_singles,
    scatter_add,
    sort,
)
from chainrule.backends.native.views import strided
from chainrule.core.primitive import Formula, Primitive
from chainrule.core.program import Atom, Equation, Literal, Program, Var, literal_array
from chainrule.core.types import ArrayType

CHUNK = 4096
"""A sum over everything goes in runs of this many, and then over the runs."""

SHORT, MANY = 8, 64
"""A reduction of up to ``SHORT`` elements at ``MANY`` places or more is written out."""

NOTHING = ArrayType((0,), np.dtype(bool))
"""The type of a node that has no value of its own, only results behind it."""


def build_graph(program: Program) -> Region:
    """The graph of a whole program; its inputs are the constants, then the inputs."""
    region = Region()
    variables = (*program.constants, *program.inputs)
    nodes = [region.make("input", (), v.type.shape, v.type.dtype) for v in variables]
    region.inputs = nodes
    fill(region, program, nodes)
    return region


def fill(region: Region, program: Program, inputs: Sequence[Node]) -> None:
    """Add a program's equations to a region, its inputs bound to the given nodes."""
    variables = (*program.constants, *program.inputs)
    environment: dict[Var, Node] = dict(zip(variables, inputs, strict=True))

    def node_of(atom: Atom) -> Node:
        if not isinstance(atom, Literal):
            return environment[atom]
        if not has_element(atom.type.dtype):
            return _foreign_literal(region, atom)
        return region.literal(atom.value, atom.type)

    for equation in program.equations:
        operands = [node_of(atom) for atom in equation.inputs]
        results = _build(region, equation, operands)
        environment.update(zip(equation.outputs, results, strict=True))
    region.outputs = [node_of(atom) for atom in program.outputs]


def _build(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    name = equation.primitive.name
    if name not in LOOPS and not _is_native(equation):
        return _callback(region, equation, operands)
    if goes_by_singles(equation):
        return in_singles(region, equation, operands, _build)
    rewrite = REWRITES.get(name)
    if rewrite is not None:
        return rewrite(region, equation, operands)
    return _as_it_is(region, equation, operands)


def _as_it_is(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    """A node of the same name, or a call back to NumPy."""
    name = equation.primitive.name
    native = name in LOWERINGS or name in VIEWS or name in INDEXED
    if native and lowers(name, [node.type for node in operands]):
        type = equation.outputs[0].type
        return [Node(name, operands, equation.params, type, region)]
    return _callback(region, equation, operands)


def _foreign_literal(region: Region, literal: Literal) -> Node:
    """A constant that registers cannot hold: NumPy writes it into memory."""
    fill = Primitive(
        name="literal",
        formula=Formula(r"y = c"),
        type=lambda: literal.type,
        numpy=lambda: literal_array(literal),
        jvp=(),
        transpose=None,
        samples=(),
    )
    equation = Equation(fill, (), {}, (Var(literal.type),))
    return _callback(region, equation, [])[0]


def _is_native(equation: Equation) -> bool:
    """Whether registers hold what goes in and out, and know what to do with it."""
    types = [atom.type for atom in (*equation.inputs, *equation.outputs)]
    name = equation.primitive.name
    whole = all(has_element(type.dtype) for type in types)
    if any(type.dtype == HALF for type in types):
        return whole and (name in MOVING or name in BY_SINGLES or name == "iota")
    if any(type.dtype.kind == "c" for type in types):
        return whole and (name in FORMULAS or name in MOVING or name in FOLDING)
    return whole


def _callback(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    """No native lowering: NumPy's meaning serves, in the middle of native code."""
    params = {"equation": equation}
    call = Node("callback", operands, params, NOTHING, region)
    return [
        Node("callback_result", (call,), {"position": k}, var.type, region)
        for k, var in enumerate(equation.outputs)
    ]


def foreign_names(region: Region) -> tuple[str, ...]:
    """Names of the primitives, in loops too, that run by their NumPy meaning."""
    calls = [node for node in all_nodes(region) if node.op == "callback"]
    return tuple(sorted({call.params["equation"].primitive.name for call in calls}))


def _alias(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    return list(operands)


def _convert(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    type = equation.outputs[0].type
    if operands[0].type == type:
        return [operands[0]]
    return [Node("convert", operands, equation.params, type, region)]


def _arg_extreme(
    region: Region, equation: Equation, operands: list[Node]
) -> list[Node]:
    """The first index whose element is the extreme (or NaN), as NumPy counts it."""
    (x,) = operands
    axis = equation.params["axis"]
    out = equation.outputs[0].type
    kind = "reduce_max" if equation.primitive.name == "argmax" else "reduce_min"
    best = region.make(kind, (x,), out.shape, x.type.dtype, axes=(axis,))
    keep = (*out.shape[:axis], 1, *out.shape[axis:])
    column = region.make("reshape", (best,), keep, x.type.dtype, shape=keep)
    spread = region.make(
        "broadcast_to", (column,), x.shape, x.type.dtype, shape=x.shape
    )
    hit = region.make("equal", (x, spread), x.shape, bool)
    if x.type.dtype.kind == "f":
        nan = region.make("isnan", (x,), x.shape, bool)
        hit = region.make("bitwise_or", (hit, nan), x.shape, bool)
    place = region.make("iota", (), x.shape, out.dtype, shape=x.shape, axis=axis)
    never = region.literal(x.shape[axis], ArrayType(x.shape, out.dtype))
    first = region.make("select", (hit, place, never), x.shape, out.dtype)
    return [region.make("reduce_min", (first,), out.shape, out.dtype, axes=(axis,))]


def _matmul(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    x, y = operands
    out = equation.outputs[0].type
    if out.dtype.kind == "b":
        return _callback(region, equation, operands)
    if out.dtype.kind == "c":
        return [complex_product(region, x, y, out, _product)]
    return [_product(region, x, y, out)]


def _product(region: Region, x: Node, y: Node, out: ArrayType) -> Node:
    """With a single column a sum along rows, over a single element no sum."""
    if x.shape[-1] == 1:
        pair = [
            region.make("broadcast_to", (z,), out.shape, out.dtype, shape=out.shape)
            for z in (x, y)
        ]
        return Node("mul", pair, {}, out, region)
    if out.shape[-1] != 1:
        if strided(y).strides[-1] != 1:
            y = Node("pack", (y,), {}, y.type, region)
        return Node("matmul", (x, y), {}, out, region)
    *batch, _, k = x.shape
    flat = (*batch, 1, k)
    row = region.make("reshape", (y,), flat, y.type.dtype, shape=flat)
    wide = region.make("broadcast_to", (row,), x.shape, y.type.dtype, shape=x.shape)
    terms = region.make("mul", (x, wide), x.shape, out.dtype)
    axes = (len(x.shape) - 1,)
    sums = region.make("reduce_sum", (terms,), x.shape[:-1], out.dtype, axes=axes)
    return region.make("reshape", (sums,), out.shape, out.dtype, shape=out.shape)


def _logaddexp(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    """The larger, and what the smaller adds: no exponential overflows."""
    x, y = operands
    shape, dtype = x.shape, x.type.dtype

    def make(op: str, *inputs: Node) -> Node:
        return region.make(op, inputs, shape, dtype)

    if not _is_native(equation):
        return _callback(region, equation, operands)
    same = region.make("equal", (x, y), shape, bool)
    zero = region.literal(0.0, x.type)
    apart = make("abs", make("select", same, zero, make("sub", x, y)))
    rest = make("log1p", make("exp", make("neg", apart)))
    return [make("add", make("maximum", x, y), rest)]


def _power(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    """Without logarithms where the exponent is known and small."""
    node = rewritten_power(region, operands)
    return [node] if node else _as_it_is(region, equation, operands)


def _reduce(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    """A reduction of everything goes in two stages, so that threads can share it."""
    (x,) = operands
    name, out = equation.primitive.name, equation.outputs[0].type
    axes: tuple[int, ...] = equation.params["axes"]
    if _is_short(equation):
        return [Node("fold", operands, {"axes": axes, "op": name}, out, region)]
    if out.shape or x.type.size <= 4 * CHUNK:
        return [Node(name, operands, {"axes": axes}, out, region)]
    if len(x.shape) > 1:
        rows = (x.shape[0],)
        inner = tuple(range(1, len(x.shape)))
        x = region.make(name, (x,), rows, out.dtype, axes=inner)
        if x.type.size <= 4 * CHUNK:
            return [region.make(name, (x,), (), out.dtype, axes=(0,))]
    whole = x.type.size - x.type.size % CHUNK
    parts = [_stretch(region, x, 0, whole)]
    grid = (whole // CHUNK, CHUNK)
    table = region.make("reshape", parts, grid, out.dtype, shape=grid)
    runs = region.make(name, (table,), grid[:1], out.dtype, axes=(1,))
    total = region.make(name, (runs,), (), out.dtype, axes=(0,))
    if whole == x.type.size:
        return [total]
    rest = _stretch(region, x, whole, x.type.size - whole)
    last = region.make(name, (rest,), (), out.dtype, axes=(0,))
    return [region.make(COMBINERS[name], (total, last), (), out.dtype)]


def _running(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    type = equation.outputs[0].type
    if type.dtype.kind == "b":
        return _callback(region, equation, operands)
    params = {"axes": (equation.params["axis"],)}
    return [Node(equation.primitive.name, operands, params, type, region)]


def _is_short(equation: Equation) -> bool:
    """Whether a reduction is best written out: of few neighbours, at many places.

    Vectors would run along the few; so they run along the places, as in any map.
    """
    x, out = equation.inputs[0].type, equation.outputs[0].type
    axes = equation.params["axes"]
    few = 0 < x.size <= SHORT * out.size
    return few and x.ndim - 1 in axes and out.size >= MANY and out.dtype.kind != "b"


COMBINERS = {
    "reduce_sum": "add",
    "reduce_prod": "mul",
    "reduce_max": "maximum",
    "reduce_min": "minimum",
    "reduce_and": "bitwise_and",
    "reduce_or": "bitwise_or",
}


def _stretch(region: Region, x: Node, start: int, size: int) -> Node:
    if size == x.type.size:
        return x
    params = {"start": (start,), "size": (size,), "step": (1,)}
    return region.make("slice", (x,), (size,), x.type.dtype, **params)


def _scan(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    params = equation.params
    consts, carry = params["consts"], params["carry"]
    zero = region.literal(0, ArrayType((), np.dtype(np.int64)))
    stop = region.literal(params["length"], zero.type)
    body = Region()
    loop = Loop(body, (zero, stop), params["reverse"])
    loop.init = operands[consts : consts + carry]
    loop.xs = operands[consts + carry :]
    program: Program = params["body"]
    types = program.input_types[consts:]
    fresh = [body.make("input", (), t.shape, t.dtype) for t in types]
    loop.carry_in, loop.x_in = fresh[:carry], fresh[carry:]
    return _finish_loop(region, loop, equation, [*operands[:consts], *fresh])


def _fori_loop(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    params = equation.params
    consts = params["consts"]
    body = Region()
    loop = Loop(body, (operands[0], operands[1]), False)
    loop.init = operands[2 + consts :]
    types = params["body"].input_types[consts:]
    fresh = [body.make("input", (), t.shape, t.dtype) for t in types]
    loop.index, loop.carry_in = fresh[0], fresh[1:]
    return _finish_loop(region, loop, equation, [*operands[2 : 2 + consts], *fresh])


def _while_loop(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    consts = equation.params["consts"]
    body = Region()
    loop = Loop(body, (), False)
    loop.init = operands[consts:]
    types = equation.params["body"].input_types[consts:]
    loop.carry_in = [body.make("input", (), t.shape, t.dtype) for t in types]
    inputs = [*operands[:consts], *loop.carry_in]
    return _finish_loop(region, loop, equation, inputs)


def _finish_loop(
    region: Region, loop: Loop, equation: Equation, inputs: list[Node]
) -> list[Node]:
    loop.body.inputs = [node for node in inputs if node.region is loop.body]
    fill(loop.body, equation.params["body"], inputs)
    region.inner.append(loop.body)
    operands = loop.operands
    head = Node("loop", operands, {}, NOTHING, region)
    head.loop = loop
    loop.results = [
        Node("loop_result", (head,), {"position": k}, var.type, region)
        for k, var in enumerate(equation.outputs)
    ]
    return loop.results


def _switch(region: Region, equation: Equation, operands: list[Node]) -> list[Node]:
    index, *values = operands
    bodies: list[Region] = []
    for branch in equation.params.values():
        body = Region()
        fill(body, branch, values)
        bodies.append(body)
    region.inner += bodies
    choice = Choice(index, bodies)
    head = Node("choice", [index, *choice.captured], {}, NOTHING, region)
    head.choice = choice
    choice.results = [
        Node("choice_result", (head,), {"position": k}, var.type, region)
        for k, var in enumerate(equation.outputs)
    ]
    return choice.results


LOOPS = ("scan", "fori_loop", "while_loop")
REWRITES = {
    "stop_gradient": _alias,
    "barrier": _alias,
    "convert": _convert,
    "argmax": _arg_extreme,
    "argmin": _arg_extreme,
    "matmul": _matmul,
    "logaddexp": _logaddexp,
    "power": _power,
    **dict.fromkeys(REDUCTIONS, _reduce),
    **dict.fromkeys(RUNNING, _running),
    "scatter_add": scatter_add,
    "sort": sort,
    "argsort": sort,
    "scan": _scan,
    "fori_loop": _fori_loop,
    "while_loop": _while_loop,
    "switch": _switch,
}
