"""Special functions that SciPy does not let traced values answer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.numpy.promotion import is_traced
from chainrule.numpy.special import applied, floats, known_order
from chainrule.primitives.conversion import stop_gradient
from chainrule.primitives.special import gamma


def _scipy() -> Any:
    from scipy import special

    return special


def _highest(x: Any, axis: Any) -> Any:
    """The largest element, 0 where that is infinite; a constant of differentiation."""
    top = stop_gradient(np.max(x, axis=axis, keepdims=True))
    return np.where(np.isfinite(top), top, 0.0)


def logsumexp(
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    r"""Logarithm of a weighted sum of exponentials, none of which overflows.

    .. math:: y = \ln \sum_i b_i\,e^{a_i}

    Shapes:
        y: the shape of ``a`` without the axes that are summed over.

    Args:
        a: Exponents.
        axis: The axis, or axes, to sum over; all where None.
        b: Weights, of a shape that broadcasts with that of ``a``; 1 where None.
        keepdims: Keep the axes that are summed over, with extent 1.
        return_sign: Return the sign of the sum too, and the logarithm of its size.

    Returns:
        The logarithm, and the sign where asked. Of an empty or vanishing sum the
        logarithm is -inf and the derivative 0.

    Examples:
        >>> float(logsumexp([0.0, 0.0, 1000.0]))
        1000.0

    Source: Blanchard, Higham and Higham, IMA J. Numerical Analysis 41 (2021).
    """
    if not is_traced(a) and not is_traced(b):
        return _scipy().logsumexp(a, axis, b, keepdims, return_sign)
    (x,) = floats(a) if b is None else (floats(a, b)[0],)
    top = _highest(x, axis)
    terms = np.exp(x - top)
    if b is not None:
        weights = floats(a, b)[1]
        terms = np.where(weights == 0, 0.0, weights * terms)
    total = np.sum(terms, axis=axis, keepdims=keepdims)
    sign = np.sign(total)
    size = np.abs(total) if return_sign else total
    raised = np.log(np.where(size == 0, 1.0, size))
    y = np.where(size == 0, -np.inf, raised) + np.sum(top, axis=axis, keepdims=keepdims)
    return (y, sign) if return_sign else y


def softmax(x: Any, axis: Any = None) -> Any:
    r"""Positive numbers that add up to one, by exponentials that do not overflow.

    .. math:: y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}

    Shapes:
        x: any, y: the same.

    Args:
        x: Logits.
        axis: The axis, or axes, along which the results add up to one; all where None.

    Returns:
        Probabilities.

    Examples:
        >>> softmax(np.array([0.0, 0.0, 1000.0]))
        array([0., 0., 1.])
    """
    if not is_traced(x):
        return _scipy().softmax(x, axis)
    (x,) = floats(x)
    raised = np.exp(x - _highest(x, axis))
    return raised / np.sum(raised, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any = None) -> Any:
    r"""Logarithm of the softmax, exact where that is tiny.

    .. math:: y_i = x_i - \ln \sum_j e^{x_j}

    Shapes:
        x: any, y: the same.

    Args:
        x: Logits.
        axis: The axis, or axes, along which probabilities add up to one; all where
            None.

    Returns:
        Logarithms of probabilities.

    Examples:
        >>> log_softmax(np.array([0.0, 1000.0]))
        array([-1000.,     0.])
    """
    if not is_traced(x):
        return _scipy().log_softmax(x, axis)
    (x,) = floats(x)
    lowered = x - _highest(x, axis)
    return lowered - np.log(np.sum(np.exp(lowered), axis=axis, keepdims=True))


def polygamma(n: Any, x: Any) -> Any:
    r"""Derivatives of the digamma function.

    .. math:: y = \psi^{(n)}(x) = (-1)^{n+1}\,n!\,\zeta(n + 1, x)

    Shapes:
        x: any, y: the same.

    Args:
        n: The order, an integer from 0 on; 0 is the digamma function itself.
        x: The argument.

    Returns:
        The n-th derivative at ``x``.

    Raises:
        TypeError: If ``x`` is traced, and the order is not one known integer.

    Examples:
        >>> float(polygamma(1, 1.0)) - np.pi**2 / 6 < 1e-15
        True

    Source: https://dlmf.nist.gov/25.11.E12.
    """
    if not is_traced(n) and not is_traced(x):
        return _scipy().polygamma(n, x)
    return gamma.polygamma(known_order("polygamma", n), *floats(x))


def multigammaln(a: Any, d: int) -> Any:
    r"""Logarithm of the gamma function of ``d`` dimensions.

    .. math::

        y = \frac{d(d - 1)}{4} \ln \pi
        + \sum_{j=1}^d \ln \Gamma\left(a - \frac{j - 1}{2}\right)

    Shapes:
        a: any, y: the same.

    Args:
        a: Numbers above ``(d - 1) / 2``.
        d: How many dimensions.

    Returns:
        The logarithm.

    Examples:
        >>> bool(multigammaln(3.0, 1) == np.log(2.0))
        True

    Source: https://dlmf.nist.gov/35.3.E2.
    """
    if not is_traced(a):
        return _scipy().multigammaln(a, d)
    terms = [applied(gamma.gammaln, a - 0.5 * j) for j in range(d)]
    return sum(terms, d * (d - 1) / 4 * math.log(math.pi))
