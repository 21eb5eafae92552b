"""Powers by a known exponent: NumPy's values, edges and signs, without logarithms."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.backends.native.graph import build_graph
from chainrule.backends.native.node import all_nodes

EXPONENTS = (-2.5, -2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0, 2.5)
ULP = 3.0
EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, -2.5]


def compiled(exponent, x):
    # A NumPy scalar keeps the power one operation; a Python number may be taken apart.
    raised = cr.jit(lambda x: np.power(x, x.dtype.type(exponent)))
    return raised(x), raised.programs


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("exponent", EXPONENTS)
def test_values_and_edges_are_numpys(exponent, dtype):
    limits = np.finfo(dtype)
    exponents = np.linspace(np.log2(limits.tiny), np.log2(limits.max) - 1, 4001)
    x = np.concatenate([2.0**exponents, EDGES, [limits.smallest_subnormal]])
    x = x.astype(dtype)
    got, (program,) = compiled(exponent, x)
    ops = {node.op for node in all_nodes(build_graph(program))}
    assert "power" not in ops
    with np.errstate(all="ignore"):
        want = np.power(x.astype(np.longdouble), np.longdouble(exponent))
        rounded = want.astype(dtype)
    special = ~np.isfinite(rounded) | (rounded == 0)
    assert_array_equal(got[special], rounded[special])
    assert_array_equal(np.signbit(got[rounded == 0]), np.signbit(rounded[rounded == 0]))
    spacing = np.spacing(np.abs(rounded[~special]))
    error = np.abs(got[~special].astype(np.longdouble) - want[~special]) / spacing
    assert error.max() <= ULP


def test_other_exponents_keep_the_general_power():
    for exponent in (0.0, 0.3, 3.0, -7.5):
        x = np.linspace(0.1, 3, 50)
        got, (program,) = compiled(exponent, x)
        np.testing.assert_allclose(got, x**exponent, rtol=1e-14)
        ops = {node.op for node in all_nodes(build_graph(program))}
        assert "power" in ops
