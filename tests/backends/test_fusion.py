"""What ordinary numerical code becomes: few kernels, and no large array in between."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import erf

import chainrule as cr
from chainrule.backends.native.graph import LOOPS, REWRITES, build_graph
from chainrule.backends.native.lowerings import LOWERINGS
from chainrule.backends.native.node import INDEXED, VIEWS
from chainrule.backends.native.schedule import plan_region
from chainrule.core.primitive import Primitive
from chainrule.primitives import (
    accumulation,
    bitwise,
    comparison,
    complex_numbers,
    conversion,
    elementwise,
    exponential,
    indexing,
    linear_algebra,
    random,
    reduction,
    rounding,
    slicing,
    structure,
    trigonometric,
)

FAMILIES = (
    *(accumulation, bitwise, comparison, complex_numbers, conversion, elementwise),
    *(exponential, indexing, linear_algebra, random, reduction, rounding, slicing),
    *(structure, trigonometric),
)


def plan_of(function, *xs):
    """The plan of a compiled function, and its result."""
    fast = cr.jit(function)
    result = fast(*xs)
    (program,) = fast.programs
    region = build_graph(program)
    return plan_region(region, [None] * len(region.outputs)), result


def potential(r, m):
    apart = r[:, None, :] - r[None, :, :]
    distance = np.sqrt(np.sum(apart**2, axis=-1) + 1e-2)
    return -0.5 * np.sum(m[:, None] * m[None, :] / distance)


def test_pairs_of_bodies_are_never_stored_with_their_axes():
    rng = np.random.default_rng(0)
    r, m = rng.standard_normal((90, 3)), rng.uniform(0.5, 1, 90)
    plan, force = plan_of(cr.grad(potential), r, m)
    stored = [root.shape for kernel in plan.fusion.kernels for root in kernel.roots]
    assert stored.count((90, 90)) == 1
    assert (90, 90, 3) not in stored
    assert_allclose(force, cr.grad(potential)(r, m), rtol=1e-12)


def test_the_gradient_of_slices_is_one_kernel():
    def rosenbrock(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    x = np.random.default_rng(0).standard_normal(1000)
    plan, slope = plan_of(cr.grad(rosenbrock), x)
    assert len(plan.items) == 1
    assert len(plan.region.inputs) == 1, "a constant of one number is a literal"
    assert_allclose(slope, cr.grad(rosenbrock)(x), rtol=1e-12)


def test_what_one_kernel_alone_reads_is_not_stored():
    def price(s, k, t):
        far = (np.log(s / k) + t) / np.sqrt(t)
        near = far - np.sqrt(t)
        return s * (1 + erf(far)) - k * np.exp(-t) * (1 + erf(near))

    def greeks(s, k, t):
        return cr.grad(lambda *xs: np.sum(price(*xs)), argnums=(0, 2))(s, k, t)

    rng = np.random.default_rng(0)
    xs = [rng.uniform(1, 2, 1000) for _ in range(3)]
    plan, found = plan_of(greeks, *xs)
    (kernel,) = plan.fusion.kernels
    assert len(kernel.roots) == 2
    for mine, plain in zip(found, greeks(*xs), strict=True):
        assert_allclose(mine, plain, rtol=1e-12)


@pytest.mark.parametrize("function", [np.sum, np.prod, np.max, np.min])
@pytest.mark.parametrize("axis", [-1, (0, 2), (1, 2)])
def test_short_reductions_are_written_out(function, axis):
    x = np.random.default_rng(0).standard_normal((2, 80, 3))
    x[0, 5, 1] = np.nan
    got = cr.jit(lambda x: function(np.exp(x), axis=axis) * 2)(x)
    assert_allclose(got, function(np.exp(x), axis=axis) * 2, rtol=1e-14)


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros((3, 0)), np.full(7, -0.0)])
def test_sums_start_from_zero_and_running_ones_from_their_first(x):
    """Of nothing, and of -0, a sum is 0; a running total of -0 stays -0."""
    for function in (np.sum, lambda x: np.sum(2 * x, axis=-1), lambda x: x @ x.T):
        got = cr.jit(function)(x)
        assert_array_equal(got, function(x))
        assert not np.signbit(got).any()
    assert_array_equal(np.signbit(cr.jit(np.cumsum)(x)), np.signbit(np.cumsum(x)))


@pytest.mark.parametrize("function", [np.remainder, np.floor_divide, np.fmod])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_whole_quotients_are_exact(function, dtype):
    """Also where they are far too large for a float to hold."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal(3000) * 10.0 ** rng.uniform(-12, 12, 3000)).astype(dtype)
    y = (rng.standard_normal(3000) * 10.0 ** rng.uniform(-3, 3, 3000)).astype(dtype)
    x[::3] = np.rint(x[::3]) * y[::3]
    want = function(x, y)
    got = cr.jit(function)(x, y)
    assert_array_equal(got, want)
    assert_array_equal(np.signbit(got), np.signbit(want))


@pytest.mark.parametrize("function", [np.remainder, np.floor_divide])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint32, np.int64])
def test_whole_quotients_of_integers_do_not_trap(function, dtype):
    limits = np.iinfo(dtype)
    ends = [limits.min, limits.min + 1, 0, 1, 2, 3, 7, limits.max - 1, limits.max]
    numbers = np.array([*ends, *([-1, -2, -7] if limits.min else [])], dtype)
    x, y = [v.ravel().copy() for v in np.meshgrid(numbers, numbers)]
    with np.errstate(all="ignore"):
        assert_array_equal(cr.jit(function)(x, y), function(x, y))


def test_ordinary_code_has_native_forms():
    """Each record that it is made of; SciPy's functions are its own."""
    found = [value for family in FAMILIES for value in vars(family).values()]
    names = {record.name for record in found if isinstance(record, Primitive)}
    native = {*LOWERINGS, *VIEWS, *INDEXED, *REWRITES, *LOOPS}
    assert names <= native
