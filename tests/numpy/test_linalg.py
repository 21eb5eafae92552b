"""Linear algebra beyond single values: orders, degenerate points, errors, meaning."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.numpy import fft, linalg
from tests.numpy.cases_linalg import positive, regular, symmetric

L = np.linalg
RNG = np.random.default_rng(3)
A, B, TALL = RNG.normal(size=(3, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=(4, 2))
EYE = np.eye(3)
SINGULAR = np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 3.0]])

CALLS = {
    "solve": (lambda a, b: L.solve(regular(a), b), (A, B)),
    "inv": (lambda a: L.inv(regular(a)), (A,)),
    "det": (L.det, (A,)),
    "slogdet": (lambda a: L.slogdet(regular(a))[1], (A,)),
    "cholesky": (lambda a: L.cholesky(positive(a)), (A,)),
    "qr": (lambda a: tuple(L.qr(a)), (TALL,)),
    "wide qr": (lambda a: tuple(L.qr(a.T)), (TALL,)),
    "eigh": (lambda a: tuple(L.eigh(symmetric(a))), (A,)),
    "svd": (lambda a: tuple(L.svd(a, full_matrices=False)), (TALL,)),
    "pinv": (L.pinv, (TALL,)),
    "lstsq": (lambda a, b: L.lstsq(a, b)[0], (TALL, TALL[:, 0] + 1)),
    "nuclear norm": (lambda a: L.norm(a, "nuc"), (A,)),
    "matrix_power": (lambda a: L.matrix_power(regular(a), -2), (A,)),
    "expm": (linalg.expm, (A,)),
    "spectrum": (lambda x: np.abs(np.fft.rfft(x)), (A[0],)),
}


@pytest.mark.parametrize("name", CALLS)
def test_gradients_of_second_order(name):
    call, points = CALLS[name]
    cr.check_grads(call, points, order=2)


@pytest.mark.parametrize("name", ["inv", "det", "cholesky", "eigh", "expm"])
def test_gradients_of_third_order(name):
    call, points = CALLS[name]
    cr.check_grads(call, points, order=3, modes="rev")


@pytest.mark.parametrize("name", CALLS)
def test_compiled_gradients_are_those_of_numpy(name):
    call, points = CALLS[name]

    def total(*points):
        results = call(*points)
        parts = results if isinstance(results, tuple) else (results,)
        return sum(np.sum(np.sin(part)) for part in parts)

    gradient = cr.grad(total)
    assert_allclose(
        cr.jit(gradient)(*points), gradient(*points), rtol=1e-10, atol=1e-12
    )


# -- degenerate points -------------------------------------------------------


@pytest.mark.parametrize("ord", [None, 1, 2, 3, 2.5, np.inf])
def test_the_slope_of_a_norm_at_zero_is_zero(ord):
    slope = cr.grad(lambda x: L.norm(x, ord))(np.zeros(3))
    assert_allclose(slope, np.zeros(3))


def test_the_slope_of_a_matrix_norm_at_zero_is_a_subgradient():
    assert_allclose(cr.grad(lambda x: L.norm(x))(np.zeros((2, 3))), np.zeros((2, 3)))
    slope = cr.grad(lambda x: L.norm(x, "nuc"))(np.zeros((2, 2)))
    assert L.norm(slope, 2) <= 1 + 1e-15


def test_determinants_of_singular_matrices_have_a_gradient():
    cofactors = cr.grad(L.det)(SINGULAR)
    assert_allclose(cofactors, [[12, -6, 0], [-6, 3, 0], [0, 0, 0]], atol=1e-13)
    assert_allclose(cr.grad(L.det)(np.zeros((3, 3))), np.zeros((3, 3)))


def test_equal_eigenvalues_move_and_their_vectors_have_no_derivative():
    slope = cr.grad(lambda a: np.sum(L.eigvalsh(a)))(EYE)
    assert_allclose(slope, EYE)
    with np.errstate(all="ignore"):
        slope = cr.grad(lambda a: L.eigh(a)[1][0, 1])(EYE)
    assert not np.isfinite(slope).all()


def test_equal_singular_values_move():
    slope = cr.grad(lambda a: np.sum(L.svdvals(a)))(EYE)
    assert_allclose(slope, EYE, atol=1e-15)


def test_one_triangle_is_read_and_the_mean_with_the_transpose_is_symmetric():
    a = symmetric(A)
    gradient = cr.grad(lambda a: L.eigvalsh(a)[-1])(a)
    v = L.eigh(a)[1][:, -1]
    assert_allclose(np.triu(gradient, 1), np.zeros((3, 3)))
    assert_allclose((gradient + gradient.T) / 2, np.outer(v, v), atol=1e-14)
    gradient = cr.grad(lambda a: 2 * np.sum(np.log(np.diag(L.cholesky(a)))))(
        positive(A)
    )
    assert_allclose((gradient + gradient.T) / 2, L.inv(positive(A)), rtol=1e-12)


def test_lstsq_of_lower_rank_moves_at_constant_rank():
    a = np.outer([1.0, 2.0, 3.0], [1.0, -1.0])
    direction = np.outer([1.0, 0.0, 1.0], [1.0, -1.0])
    b = np.array([1.0, 0.0, 2.0])
    _, moved = cr.jvp(lambda a: L.lstsq(a, b, 1e-8)[0], (a,), (direction,))
    step = 1e-6
    ends = [L.lstsq(a + h * direction, b, 1e-8)[0] for h in (step, -step)]
    assert_allclose(moved, (ends[0] - ends[1]) / (2 * step), rtol=1e-7)


def test_eigenvalues_are_complex_whether_they_need_it_or_not():
    values = cr.jit(L.eigvals)(np.diag([1.0, 2.0]))
    assert values.dtype == np.complex128
    assert_allclose(values, [1, 2])


# -- complex numbers ---------------------------------------------------------


def test_gradients_by_complex_matrices_take_no_conjugate():
    z = A + 1j * RNG.normal(size=(3, 3))
    gradient = cr.grad(lambda z: L.slogdet(z)[1])(z)
    assert_allclose(gradient, L.inv(z).T, rtol=1e-12)


def test_the_power_of_a_spectrum_is_that_of_the_numbers():
    x = RNG.normal(size=6)
    gradient = cr.grad(lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2))(x)
    assert_allclose(gradient, 12 * x, rtol=1e-12)


def test_filters_by_their_spectra_are_convolutions():
    x, w = RNG.normal(size=8), RNG.normal(size=8)

    def filtered(w):
        return np.sum(np.sin(np.fft.irfft(np.fft.rfft(x) * np.fft.rfft(w), 8)))

    wheel = np.stack([np.roll(x, k) for k in range(8)], 1)
    want = cr.grad(lambda w: np.sum(np.sin(wheel @ w)))(w)
    assert_allclose(cr.grad(filtered)(w), want, rtol=1e-10)


# -- errors ------------------------------------------------------------------


@pytest.fixture(params=["numpy", "native"])
def backend(request):
    before = cr.config.get_backend()
    cr.config.set_backend(request.param)
    yield request.param
    cr.config.set_backend(before)


@pytest.mark.usefixtures("backend")
def test_a_singular_matrix_raises_in_compiled_code_too():
    solve = cr.jit(lambda a, b: np.tanh(L.solve(a * 1.0, b)) + 1)
    assert_allclose(solve(2 * EYE, EYE), np.tanh(EYE / 2) + 1)
    with pytest.raises(L.LinAlgError, match="Singular matrix"):
        solve(SINGULAR, EYE)
    assert_allclose(solve(2 * EYE, EYE), np.tanh(EYE / 2) + 1)
    with pytest.raises(L.LinAlgError, match="not positive definite"):
        cr.jit(lambda a: L.cholesky(a) * 2)(-EYE)


def test_a_singular_matrix_raises_under_grad_and_vmap():
    with pytest.raises(L.LinAlgError, match="Singular matrix"):
        cr.grad(lambda a: np.sum(L.inv(a)))(SINGULAR)
    with pytest.raises(L.LinAlgError, match="Singular matrix"):
        cr.vmap(L.inv)(np.stack([EYE, SINGULAR]))
    with pytest.raises(L.LinAlgError, match="in row 1: Singular"):
        linalg.solve_triangular(np.diag([1.0, 0.0]), np.ones(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: L.inv(x), "Expected square matrices, got shape"),
        (lambda x: L.det(x[0]), "at least two axes, got 1"),
        (lambda x: L.inv(x.astype(np.float16)), "single or double precision"),
        (lambda x: L.solve(EYE, x.T[:2]), "right-hand side of 3 rows"),
        (lambda x: L.lstsq(x, np.ones(5)), "right-hand side of as many rows"),
        (lambda x: L.qr(x, "raw"), "'reduced', 'complete' or 'r'"),
        (lambda x: L.eigh(x[:, :2], "X"), "UPLO 'L' or 'U', got 'X'"),
        (lambda x: L.norm(x, 3), "order of a matrix's norm"),
        (lambda x: L.norm(x[0], "fro"), "order of a vector's norm"),
        (lambda x: L.norm(x[None], 2), "one axis or two"),
        (lambda x: L.cond(x[:0]), "with elements for cond"),
        (lambda x: L.pinv(x, 1e-3, rtol=1e-3), "rtol or rcond, got both"),
        (lambda x: L.matrix_rank(x, 1e-3, rtol=1e-3), "tol or rtol, got both"),
        (lambda x: L.multi_dot([x]), "at least two arrays"),
        (lambda x: L.multi_dot([x, x, x]), "multiplied one by one"),
        (lambda x: L.outer(x, x), "Expected two vectors"),
        (lambda x: L.tensorsolve(x, x[0]), "axes that make a square matrix"),
        (lambda x: L.tensorinv(x, 0), "a positive number of axes"),
        (lambda x: np.fft.fft(x, 0), "at least one point to transform, got 0"),
        (lambda x: np.fft.fft(x, norm="half"), "Expected a norm among"),
        (lambda x: np.fft.rfft(x + 1j), "real numbers for a real transform"),
        (lambda x: np.fft.fftn(x, (2,), (0, 1)), "a length for each axis"),
    ],
)
def test_bad_operands_are_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        cr.make_program(call)(np.ones((2, 3)))


def test_the_namespaces_hold_what_numpys_hold():
    assert set(L.__all__) <= set(vars(linalg))
    assert set(np.fft.__all__) <= set(vars(fft))
    assert cr.numpy.linalg is linalg
    assert cr.numpy.fft is fft
