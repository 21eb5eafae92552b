"""chainrule from scratch: the whole idea in one file that runs.

Plain NumPy code goes in, derivatives of any order come out. This is a chapter to be
read from top to bottom; each section ends with lines that hold it to its word:

    python docs/from_scratch.py

It needs nothing but NumPy. The library does the same with more operations, more care
for types and errors, and a compiler behind it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

# --- 1. One operation, one record -----------------------------------------------------
# Differentiation needs to know little: of a handful of operations, what they mean and
# how the result moves when an operand moves. Both go into one record. `jvp` holds a
# rule for each operand: given its tangent dx, the result y and all operands, it returns
# the part of dy that dx causes. It is the only derivative rule there will be; reverse
# mode is made from it in section 5. `transpose` is for operations that are linear in an
# operand, and `batch` for section 7.

Rule = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Primitive:
    """An operation: what it means, and how it moves."""

    name: str
    numpy: Rule
    jvp: tuple[Rule, ...]
    transpose: tuple[Rule | None, ...] | None = None
    batch: Rule | None = None

    def __call__(self, *xs: Any, **params: Any) -> Any:
        """Compute with numbers; with traced values, write down what was asked."""
        traces = [x.trace for x in xs if isinstance(x, Tracer)]
        if traces:
            return max(traces, key=lambda trace: trace.level).record(self, xs, params)
        return self.numpy(*xs, **params)


# --- 2. Writing down what a function does ---------------------------------------------
# To learn what a function computes we call it, not with an array, but with a stand-in
# that notes each operation in its `Trace`. The stand-in knows its number too, so that
# an `if` in the function goes the way it would have gone. What comes out is a program:
# equations in the order in which they happened.
#
# Traces have levels, for derivatives inside derivatives. An operation belongs to the
# trace of the highest level among its operands (the last line but one above). All else,
# plain arrays and stand-ins of outer traces alike, is a constant to that trace. This
# one rule is what makes nesting right, as section 6 will show.


class Var:
    """The name of a value in a program."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


class Equation(NamedTuple):
    """``output = primitive(*inputs, **params)``; an input is a Var or a constant."""

    primitive: Primitive
    inputs: tuple[Any, ...]
    params: dict[str, Any]
    output: Var


class Program(NamedTuple):
    """What a function of arrays does, line by line."""

    inputs: list[Var]
    equations: list[Equation]
    output: Any  # a Var, or a constant


class Trace:
    """An open recording."""

    def __init__(self, level: int, branches: bool) -> None:
        self.level = level
        self.branches = branches  # whether an `if` may look at the numbers
        self.equations: list[Equation] = []

    def record(self, primitive: Primitive, xs: Sequence[Any], params: dict) -> Tracer:
        """Note an operation; its result is a new stand-in."""
        value = primitive.numpy(*map(plain, xs), **params)
        inputs = tuple(self.atom(x) for x in xs)
        result = Tracer(self, Var(np.shape(value)), value)
        self.equations.append(Equation(primitive, inputs, params, result.var))
        return result

    def atom(self, x: Any) -> Any:
        """A value of this trace by its name, any other as a constant."""
        return x.var if isinstance(x, Tracer) and x.trace is self else x


def plain(x: Any) -> Any:
    """The number behind a stand-in."""
    return x.value if isinstance(x, Tracer) else np.asarray(x)


# NumPy asks its operands before it computes: `np.sin(x)` calls x.__array_ufunc__, and
# `np.sum(x)` calls x.__array_function__. So a function written for NumPy need not be
# rewritten, nor even know. The mixin answers +, *, @ and the comparisons by ufuncs.

HANDLERS: dict[Any, Rule] = {}


class Tracer(NDArrayOperatorsMixin):
    """A stand-in for an array."""

    def __init__(self, trace: Trace, var: Var, value: Any) -> None:
        self.trace, self.var, self.value = trace, var, value
        self.shape, self.ndim = np.shape(value), np.ndim(value)

    def __array_ufunc__(self, ufunc: Any, method: str, *xs: Any, **kwargs: Any) -> Any:
        return HANDLERS[ufunc](*xs, **kwargs)

    def __array_function__(self, function: Any, _: Any, xs: Any, kwargs: Any) -> Any:
        return HANDLERS[function](*xs, **kwargs)

    def __bool__(self) -> bool:
        if not self.trace.branches:
            raise TypeError("a choice that differs by example: use np.where")
        return bool(self.value)


LEVELS: list[Trace] = []


def trace(function: Rule, xs: Sequence[Any], branches: bool = True) -> Program:
    """The program of a function at these arguments."""
    recording = Trace(len(LEVELS), branches)
    LEVELS.append(recording)
    try:
        inputs = [Tracer(recording, Var(plain(x).shape), plain(x)) for x in xs]
        output = function(*inputs)
    finally:
        LEVELS.pop()
    atom = recording.atom
    return Program([*map(atom, inputs)], recording.equations, atom(output))


def show(program: Program) -> str:
    """A program as text, its variables named a, b, c …"""
    variables = [*program.inputs, *[equation.output for equation in program.equations]]
    names = {var: chr(97 + number) for number, var in enumerate(variables)}
    lines = []
    for primitive, inputs, _, output in program.equations:
        words = [names[x] if isinstance(x, Var) else str(x) for x in inputs]
        lines.append(" ".join([names[output], "=", primitive.name, *words]))
    return "; ".join(lines)


# --- 3. The book of rules -------------------------------------------------------------
# Rules are written with primitives. Given stand-ins they are written down as well, and
# so have derivatives in turn: nothing more is needed for second and hundredth order.
# Primitives are strict (elementwise ones take operands of one shape); the handlers at
# the end make NumPy's broadcasting an operation of its own, whose way back is a sum.


def linear(name: str, numpy: Rule, back: Rule, batch: Rule | None = None) -> Primitive:
    """A linear operation on one operand: tangents go through the operation itself."""
    rule = lambda dx, y, x, **params: self(dx, **params)  # noqa: E731
    self = Primitive(name, numpy, (rule,), (back,), batch)
    return self


def bilinear(name: str, numpy: Rule, by_x: Rule, by_y: Rule) -> Primitive:
    """A product of two operands, linear in each: the product rule."""
    rules = (lambda dx, z, x, y: self(dx, y), lambda dy, z, x, y: self(x, dy))
    self = Primitive(name, numpy, rules, (by_x, by_y))
    return self


neg = linear("neg", np.negative, lambda t, x: neg(t))
mul = bilinear("mul", np.multiply, lambda t, x, y: mul(t, y), lambda t, x, y: mul(x, t))
add = Primitive("add", np.add, (lambda dx, *_: dx,) * 2, (lambda t, *_: t,) * 2)
inv = Primitive("inv", lambda x: 1.0 / x, (lambda dx, y, x: neg(mul(dx, mul(y, y))),))
exp = Primitive("exp", np.exp, (lambda dx, y, x: mul(dx, y),))
log = Primitive("log", np.log, (lambda dx, y, x: mul(dx, inv(x)),))
sin = Primitive("sin", np.sin, (lambda dx, y, x: mul(dx, cos(x)),))
cos = Primitive("cos", np.cos, (lambda dx, y, x: neg(mul(dx, sin(x))),))
tanh = Primitive("tanh", np.tanh, (lambda dx, y, x: add(dx, neg(mul(dx, mul(y, y)))),))

# Sums, broadcasting and products of matrices are linear, so each is its own derivative,
# and what matters is the transpose. A sum of many goes back to each of them; a value
# that was repeated collects what its copies have gathered.

Shape = tuple[int, ...]


def _sum_to(t: Any, x: Any, shape: Shape) -> Any:
    """Undo broadcasting: add up along the axes that were repeated or added."""
    old = (0,) * (len(shape) - len(x.shape)) + x.shape
    axes = tuple(i for i, n in enumerate(shape) if old[i] != n)
    return reshape(total(t, axes=axes), shape=x.shape)


def _spread(t: Any, x: Any, axes: Shape) -> Any:
    """Undo a sum: repeat along the axes that were removed."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return broadcast(reshape(t, shape=kept), shape=x.shape)


def _broadcast_each(n: int, x: Any, shape: Shape) -> Any:
    added = [1] * (len(shape) + 1 - len(x.shape))
    return broadcast(reshape(x, shape=(n, *added, *x.shape[1:])), shape=(n, *shape))


reshape = linear(
    "reshape",
    lambda x, shape: np.reshape(x, shape),
    back=lambda t, x, shape: reshape(t, shape=x.shape),
    batch=lambda n, x, shape: reshape(x, shape=(n, *shape)),
)
broadcast = linear(
    "broadcast", lambda x, shape: np.broadcast_to(x, shape), _sum_to, _broadcast_each
)
total = linear(
    "total",
    lambda x, axes: np.sum(x, axis=axes),
    back=_spread,
    batch=lambda n, x, axes: total(x, axes=tuple(axis + 1 for axis in axes)),
)
swap = linear("swap", lambda x: np.swapaxes(x, -1, -2), lambda t, x: swap(t))
matmul = bilinear(
    "matmul", np.matmul, lambda t, x, y: t @ swap(y), lambda t, x, y: swap(x) @ t
)


def _elementwise(primitive: Primitive) -> Rule:
    """NumPy's call: operands are broadcast first."""

    def call(*xs: Any) -> Any:
        if len({plain(x).shape for x in xs}) == 1:
            return primitive(*xs)
        shape = np.broadcast_shapes(*map(np.shape, map(plain, xs)))
        return primitive(*[broadcast(x, shape=shape) for x in xs])

    return call


def _sum(x: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    return total(x, axes=tuple(int(a) % x.ndim for a in axes))


HANDLERS |= {
    np.negative: neg,
    np.matmul: matmul,
    np.sum: _sum,
    np.mean: lambda x: _sum(x) / plain(x).size,
    np.subtract: lambda x, y: x + -y,
    np.divide: lambda x, y: x * inv(y),
    np.power: lambda x, n: math.prod([x] * n),  # of whole numbers
    np.greater: lambda x, y: type(x)(x.trace, Var(x.shape), plain(x) > plain(y)),
    **{p.numpy: _elementwise(p) for p in (add, mul, exp, log, sin, cos, tanh)},
}

recorded = trace(lambda x: np.sin(x) * x + 1.0, [2.0])
assert show(recorded) == "b = sin a; c = mul b a; d = add c 1.0"

# --- 4. Forward: values and tangents --------------------------------------------------
# Walk the program with a tangent beside each value, and apply the chain rule: the
# tangent of a result is the sum of what each moving operand causes. None is a tangent
# of zero, which costs nothing.


def push_forward(
    program: Program, xs: Sequence[Any], dxs: Sequence[Any]
) -> tuple[Any, Any]:
    """The value of a program, and how it moves when its inputs move by dxs."""
    values = dict(zip(program.inputs, xs, strict=True))
    moving = dict(zip(program.inputs, dxs, strict=True))
    for primitive, inputs, params, output in program.equations:
        operands = [read(values, x) for x in inputs]
        y = values[output] = primitive(*operands, **params)
        dy = None
        for rule, x in zip(primitive.jvp, inputs, strict=True):
            dx = moving.get(x) if isinstance(x, Var) else None
            if dx is not None:
                part = rule(dx, y, *operands, **params)
                dy = part if dy is None else add(dy, part)
        moving[output] = dy
    dy = moving.get(program.output) if isinstance(program.output, Var) else None
    return read(values, program.output), dy


def read(values: dict[Var, Any], x: Any) -> Any:
    """What a name stands for; constants stand for themselves."""
    return values[x] if isinstance(x, Var) else x


def jvp(function: Rule, x: Any, dx: Any) -> tuple[Any, Any]:
    """The value at x, and the derivative along dx."""
    return push_forward(trace(function, [x]), [x], [dx])


_, dy = jvp(lambda x: np.sin(x) * x**2, 3.0, 1.0)
assert np.isclose(dy, 9 * np.cos(3.0) + 6 * np.sin(3.0))


# --- 5. Backward: linearize, then transpose -------------------------------------------
# Push a *stand-in* forward in place of a tangent. The values stay numbers, so all that
# is written down is what happens to the tangent, and that is linear: a product with the
# numbers of this point, sums, products with known matrices. This program is the
# derivative itself, df = J dx, ready to be applied to any dx.


def linearize(function: Rule, *xs: Any) -> tuple[Any, Program]:
    """The value, and the derivative at that point as a linear program."""
    program = trace(function, xs)
    values = []

    def tangent(*dxs: Any) -> Any:
        value, dy = push_forward(program, xs, dxs)
        values.append(value)
        return np.zeros(plain(value).shape) if dy is None else dy

    linear = trace(tangent, [np.zeros(plain(x).shape) for x in xs])
    return values[0], linear


# The gradient is the transposed derivative, Jᵀ, applied to 1. A linear program is
# transposed by walking it backwards: what arrives at a result is handed on to the
# operands by the transpose rules, and what arrives at one value from several places
# adds up. Never was a rule for reverse mode written: that of tanh follows from its
# forward rule, and from how `mul` is transposed.


def pull_back(linear: Program, y_bar: Any) -> list[Any]:
    """From a cotangent of the result to cotangents of the inputs."""
    bars = {linear.output: y_bar} if isinstance(linear.output, Var) else {}
    for primitive, inputs, params, output in reversed(linear.equations):
        z_bar = bars.pop(output, None)
        if z_bar is None:
            continue
        for rule, x in zip(primitive.transpose or (), inputs, strict=True):
            if isinstance(x, Var) and rule is not None:
                bar = rule(z_bar, *inputs, **params)
                bars[x] = add(bars[x], bar) if x in bars else bar
    return [bars.get(x, np.zeros(x.shape)) for x in linear.inputs]


def gradients(function: Rule) -> Rule:
    """The value of a function, and its gradient by every argument."""

    def at(*xs: Any) -> tuple[Any, list[Any]]:
        y, linear = linearize(function, *xs)
        return y, pull_back(linear, np.ones(()))

    return at


def grad(function: Rule) -> Rule:
    """The gradient of a function of one array."""
    return lambda x: gradients(function)(x)[1][0]


rng = np.random.default_rng(0)
matrix, (point, direction) = rng.normal(size=(4, 3)), rng.normal(size=(2, 1, 3))


def layers(x: Any) -> Any:
    """Products, a broadcast, a sum: the bones of a network."""
    return np.sum(np.tanh(x @ matrix.T + 0.5) ** 2 / np.exp(0.1))


slope = jvp(layers, point, direction)[1]
difference = layers(point + 1e-6 * direction) - layers(point - 1e-6 * direction)
assert np.isclose(np.sum(grad(layers)(point) * direction), slope)
assert np.isclose(difference / 2e-6, slope)

# --- 6. Derivatives of derivatives ----------------------------------------------------
# `grad` calls primitives on whatever it is given. If that is a stand-in of an outer
# trace, each of those calls is written down there, as if the user had typed the inner
# derivative by hand. So derivatives nest, forward in reverse and reverse in forward,
# and no line above knows that they do.

assert np.isclose(grad(grad(np.sin))(1.0), -np.sin(1.0))
assert np.isclose(grad(grad(grad(grad(grad(np.sin)))))(1.0), np.cos(1.0))


def hvp(function: Rule, x: Any, dx: Any) -> Any:
    """The Hessian times a vector: forward over reverse, without the matrix."""
    return jvp(grad(function), x, dx)[1]


def bowl(x: Any) -> Any:
    """x₀² x₁ + sin(x₀ x₁), by sums that pick."""
    first, second = np.sum(x * np.array([1.0, 0.0])), np.sum(x * np.array([0.0, 1.0]))
    return first * first * second + np.sin(first * second)


a, b = 0.7, -1.2
mixed = 2 * a + np.cos(a * b) - a * b * np.sin(a * b)
by_hand = [[2 * b - b**2 * np.sin(a * b), mixed], [mixed, -(a**2) * np.sin(a * b)]]
columns = [hvp(bowl, np.array([a, b]), unit) for unit in np.eye(2)]
assert np.allclose(columns, by_hand)

# The trap of nested derivatives: here the inner derivative, of x y by y, is x, so the
# outer function is x². Tangents taken for one another would give 3 in place of 2.
assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(1.0) == 2.0


# Python's own control flow is followed, where the numbers are known.
def halving(x: Any) -> Any:
    """A function with a loop and a branch."""
    while x > 1.0:
        x = x / 2.0
    return x * x


assert grad(halving)(6.0) == 2 * 0.75 / 8

# --- 7. A batch: vmap -----------------------------------------------------------------
# A function of one example becomes one of many by the same plan: take the program, walk
# it, and give each operation a meaning with one axis more. Elementwise operations need
# nothing but operands of one shape; others have a rule in their record.


def vmap(function: Rule) -> Rule:
    """A function of one example as a function of a batch, along the first axis."""

    def batched(xs: Any) -> Any:
        count = plain(xs).shape[0]
        program = trace(function, [plain(xs)[0]], branches=False)
        values = {program.inputs[0]: xs}
        for primitive, inputs, params, output in program.equations:
            rule = primitive.batch or (lambda _, *ys, of=primitive: of(*ys))
            full = [x if isinstance(x, Var) else repeat(x, count) for x in inputs]
            values[output] = rule(count, *[read(values, x) for x in full], **params)
        return read(values, program.output)

    return batched


def repeat(x: Any, count: int) -> Any:
    """A constant, once for each example."""
    return broadcast(x, shape=(count, *plain(x).shape))


# Gradients of each example, all at once; and by a loop.
examples = rng.normal(size=(5, 1, 3))
together = vmap(grad(layers))(examples)
assert np.allclose(together, [grad(layers)(example) for example in examples])

# It nests like everything else: the rows of a Hessian are the products of the unit
# vectors with it, all of one batch, each a derivative of a derivative.
rows = vmap(lambda unit: hvp(bowl, np.array([a, b]), unit))(np.eye(2))
assert np.allclose(rows, by_hand)
assert np.allclose(grad(lambda xs: np.sum(vmap(layers)(xs)))(examples), together)


# --- 8. A network learns --------------------------------------------------------------
# Nothing new is needed for training: a loss in NumPy, its gradient, a step against it.
# Two layers learn whether points lie in a ring, which no single layer can.

points = rng.uniform(-2, 2, (200, 2))
radii = np.linalg.norm(points, axis=1)
inside = ((radii > 0.7) & (radii < 1.4)).astype(float)[:, None]


def network(w: Any, b: Any, v: Any, c: Any) -> Any:
    """The logit of each point."""
    return np.tanh(points @ w + b) @ v + c


def loss(*weights: Any) -> Any:
    """The mean cross-entropy: log(1 + e^z) - z y."""
    z = network(*weights)
    return np.mean(np.log(1.0 + np.exp(z)) - z * inside)


weights = [rng.normal(size=shape) for shape in ((2, 16), (16,), (16, 1), (1,))]
descent = gradients(loss)
first, _ = descent(*weights)
for _ in range(1000):
    value, slopes = descent(*weights)
    weights = [w - slope for w, slope in zip(weights, slopes, strict=True)]

right = np.mean((network(*weights) > 0) == (inside > 0.5))
assert right > 0.95
print(f"loss {first:.2f} -> {value:.2f}, {right:.1%} of the points right")

# What the library adds: the rest of NumPy (docs/rules.md), containers, loops, types
# that are checked, and a compiler. Read on in docs/architecture.md.
