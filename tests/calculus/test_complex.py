"""Complex numbers: one convention, in every verb, and what is refused without it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.core.errors import TracerError
from chainrule.primitives import complex_numbers as c

Z = np.array([0.5 + 0.25j, -1.0 + 2.0j, 0.75 - 1.5j])
A = np.array([[1 + 1j, 2.0, -1j], [0.5, 1j, 3.0], [2 - 1j, 0.25, 1.0]])
STEP = 1e-6


def by_parts(f, z):
    """∂f/∂x and ∂f/∂y of a real function at z = x + iy, by differences."""
    slopes = []
    for unit in (1.0, 1j):
        steps = unit * STEP * np.eye(z.size).reshape(z.size, *z.shape)
        ends = [(f(z + step) - f(z - step)) / (2 * STEP) for step in steps]
        slopes.append(np.reshape(ends, z.shape))
    return slopes


REAL = {
    "square of size": lambda z: np.sum(np.abs(z) ** 2),
    "size": lambda z: np.sum(np.abs(A @ z)),
    "real part": lambda z: np.sum(np.real(z * z * z)),
    "imaginary part": lambda z: np.sum(np.exp(z).imag),
    "angle": lambda z: np.sum(np.angle(z + 3)),
    "product with its conjugate": lambda z: np.vdot(z, A @ z).real,
    "sign": lambda z: np.sum(np.real(np.sign(z) * (1 + 2j))),
    "deviation": np.std,
    "length": np.linalg.norm,
    "through a real function": lambda z: np.sum(np.tanh(z.real) * z.imag),
}


@pytest.mark.parametrize("name", REAL)
def test_the_gradient_of_a_real_function_is_dx_minus_i_dy(name):
    f = REAL[name]
    got = cr.grad(f)(Z)
    dx, dy = by_parts(f, Z)
    assert got.dtype == np.complex128
    assert_allclose(got, dx - 1j * dy, atol=1e-8)


@pytest.mark.parametrize("name", REAL)
def test_compiled_and_batched_gradients_are_the_same(name):
    f = REAL[name]
    want = cr.grad(f)(Z)
    assert_allclose(cr.jit(cr.grad(f))(Z), want, rtol=1e-12)
    batch = np.stack([Z, 2 * Z, 1j * Z])
    rows = [cr.grad(f)(row) for row in batch]
    assert_allclose(cr.vmap(cr.grad(f))(batch), rows, rtol=1e-12)


@pytest.mark.parametrize("name", REAL)
def test_check_grads_takes_complex_numbers(name):
    cr.check_grads(REAL[name], (Z,), order=2)


def test_single_precision_stays_single():
    gradient = cr.grad(REAL["square of size"])(Z.astype(np.complex64))
    assert gradient.dtype == np.complex64
    assert_allclose(gradient, 2 * Z.conj(), rtol=1e-6)


def test_one_descends_by_the_conjugate_of_the_gradient():
    target = A @ Z

    def loss(z):
        return np.sum(np.abs(A @ z - target) ** 2)

    z = np.zeros_like(Z)
    for _ in range(500):
        z = z - 0.03 * np.conj(cr.grad(loss)(z))
    assert_allclose(z, Z, atol=1e-5)


@pytest.mark.parametrize(
    ("f", "derivative"),
    [
        (lambda z: z * z * z, lambda z: 3 * z * z),
        (np.exp, np.exp),
        (np.log, lambda z: 1 / z),
        (np.sqrt, lambda z: 0.5 / np.sqrt(z)),
        (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        (np.arctan, lambda z: 1 / (1 + z * z)),
        (lambda z: z ** (1 + 2j), lambda z: (1 + 2j) * z**2j),
        (np.reciprocal, lambda z: -1 / z**2),
    ],
)
def test_the_derivative_of_an_analytic_function_is_the_complex_one(f, derivative):
    z = 0.7 + 0.3j
    assert_allclose(cr.grad(f, holomorphic=True)(z), derivative(z), rtol=1e-14)
    value, slope = cr.value_and_grad(f, holomorphic=True)(z)
    assert_allclose([value, slope], [f(z), derivative(z)], rtol=1e-14)


def test_matrices_of_analytic_functions():
    jacobian = cr.jacobian(lambda z: A @ (z * z), holomorphic=True)
    assert_allclose(jacobian(Z), A * (2 * Z), rtol=1e-14)
    wide = cr.jacobian(lambda z: (A @ z)[:1], holomorphic=True)
    assert_allclose(wide(Z), A[:1], rtol=1e-14)
    hessian = cr.hessian(lambda z: z @ A @ z, holomorphic=True)
    assert_allclose(hessian(Z), A + A.T, rtol=1e-14)


def test_a_matrix_needs_one_real_side():
    x = np.array([0.3, -1.0])
    forward = cr.jacobian(lambda x: np.exp(1j * x)[:1])(x)
    assert_allclose(forward, [[1j * np.exp(0.3j), 0.0]], rtol=1e-14)
    backward = cr.jacobian(lambda z: np.stack([z.real, z.imag] * 4))(Z[0])
    assert_allclose(backward, [1, -1j] * 4)


def test_real_arguments_of_complex_code_have_real_gradients():
    def f(t, z):
        return np.sum(np.abs(z * np.exp(1j * t)) ** 2 + t * np.imag(z * t))

    dt, dz = cr.grad(f, argnums=(0, 1))(0.4, Z)
    assert dt.dtype == np.float64
    assert_allclose(dt, 0.8 * np.sum(Z.imag), rtol=1e-12)
    assert_allclose(dz, 2 * Z.conj() - 0.16j, rtol=1e-12)


def test_pullbacks_pair_without_conjugation():
    """Re Σ z̄·ż on both sides, for a map that is linear over the reals alone."""
    y, pullback = cr.vjp(lambda z: np.conj(A @ z) + 2j * z.real, Z)
    y_bar, dz = Z[::-1].copy(), Z * (1 - 1j)
    _, dy = cr.jvp(lambda z: np.conj(A @ z) + 2j * z.real, (Z,), (dz,))
    assert y.dtype == dy.dtype == np.complex128
    (z_bar,) = pullback(y_bar)
    assert_allclose(np.sum(y_bar * dy).real, np.sum(z_bar * dz).real, rtol=1e-14)
    _, product = cr.vjp(lambda z: A @ z, Z)
    assert_allclose(product(y_bar)[0], A.T @ y_bar, rtol=1e-14)


@pytest.mark.parametrize(
    ("f", "want"), [(np.abs, 0.0), (lambda z: np.sign(z).real, 0.0), (np.real, 1.0)]
)
def test_conventions_at_zero(f, want):
    assert cr.grad(f)(0j) == want


def test_loops_carry_complex_numbers():
    def power(z):
        return cr.scan(lambda carry, _: (carry * z, carry), z * 0 + 1, None, length=4)

    want = 4 * Z**3
    got = cr.jacobian(lambda z: power(z)[0], holomorphic=True)(Z)
    assert_allclose(np.diag(got), want, rtol=1e-13)
    size = cr.grad(lambda z: np.sum(np.abs(power(z)[0])))
    assert_allclose(cr.jit(size)(Z), size(Z), rtol=1e-13)


def test_parts_give_no_warning_and_the_lost_one_does():
    with pytest.warns(np.exceptions.ComplexWarning, match=r"np\.real first"):
        cr.grad(lambda z: z.astype(float))(1 + 2j)
    assert cr.jit(np.real)(Z).dtype == np.float64


def test_a_real_if_close_needs_known_values():
    assert cr.jvp(np.real_if_close, (Z + 0j,), (Z,))[0].dtype == np.complex128
    value, slope = cr.jvp(np.real_if_close, (Z.real + 0j,), (Z,))
    assert_allclose(value, Z.real)
    assert_allclose(slope, Z.real)
    with pytest.raises(TracerError, match="whose dtype the values decide"):
        cr.jit(np.real_if_close)(Z)


REFUSED = {
    "complex result": (lambda: cr.grad(np.exp)(1j), r"pass holomorphic=True if the f"),
    "real input": (
        lambda: cr.grad(np.exp, holomorphic=True)(1.0),
        r"Expected complex inputs to grad with holomorphic=True, got dtype float64",
    ),
    "real result": (
        lambda: cr.grad(np.abs, holomorphic=True)(1j),
        r"Expected complex results for grad with holomorphic=True, got dtype float64",
    ),
    "complex on both sides": (
        lambda: cr.jacobian(np.exp)(Z),
        r"Expected real inputs or real results for jacobian, got complex ones of both",
    ),
    "complex hessian": (
        lambda: cr.hessian(REAL["size"])(Z),
        r"Expected real inputs or real results for jacobian",
    ),
    "real jacobian": (
        lambda: cr.jacobian(np.exp, holomorphic=True)(np.ones(2)),
        r"Expected complex inputs to jacobian with holomorphic=True, got dtype float64",
    ),
    "no order": (
        lambda: cr.grad(lambda z: np.floor(z))(1j),
        r"Expected operands that numpy\.floor is defined for, got complex128",
    ),
    "no rank": (
        lambda: cr.grad(lambda z: np.quantile(z, 0.5))(Z),
        r"Expected real numbers for numpy\.quantile, got dtype complex128",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_one_meaning_is_refused(name):
    call, message = REFUSED[name]
    with pytest.raises(TypeError, match=message):
        call()


def test_check_grads_catches_a_wrong_complex_rule():
    wrong = replace(c.conj, jvp=(lambda dz, w, z: dz,))
    with pytest.raises(AssertionError, match="which is not rounding"):
        cr.check_grads(lambda z: wrong(z), (Z,))
    bent = replace(c.conj, transpose=(lambda w_bar, z: w_bar,))
    with pytest.raises(AssertionError, match=r"rev.*which is not rounding"):
        cr.check_grads(lambda z: bent(z), (Z,), modes="rev")


def test_each_way_of_a_jacobian_needs_its_real_side():
    z = np.array([1.0 + 2.0j, -0.5j])
    x = np.array([0.3, -0.7])
    rows = cr.jacrev(lambda z: np.real(z * z))(z)
    assert_allclose(rows, np.diag(2 * z))
    columns = cr.jacfwd(lambda x: np.exp(1j * x))(x)
    assert_allclose(columns, np.diag(1j * np.exp(1j * x)))
    with pytest.raises(TypeError, match="real inputs for jacfwd"):
        cr.jacfwd(lambda z: np.real(z))(z)
    with pytest.raises(TypeError, match="real results for jacrev"):
        cr.jacrev(lambda x: np.exp(1j * x))(x)
    for verb in (cr.jacfwd, cr.jacrev):
        assert_allclose(verb(np.square, holomorphic=True)(z), np.diag(2 * z))
