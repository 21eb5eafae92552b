"""Linear algebra that NumPy lacks, by SciPy's names, for arrays and traced values."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.numpy.linalg.arguments import alike, identity, inexact, square
from chainrule.primitives.linalg import exponential, solving


def expm(a: Any) -> Any:
    r"""The exponential of square matrices.

    .. math:: e^A = \sum_{k=0}^{\infty} \frac{A^k}{k!}

    Shapes:
        a: ``(..., n, n)``, result: ``(..., n, n)``.

    Args:
        a: Square matrices, real or complex.

    Returns:
        Their exponentials. Derivatives of any order are exponentials of block
        matrices.

    Raises:
        LinAlgError: If the last two axes differ.

    Examples:
        >>> import numpy as np
        >>> expm(np.array([[0.0, 1.0], [0.0, 0.0]]))
        array([[1., 1.],
               [0., 1.]])

    Reference: Al-Mohy & Higham, SIAM J. Matrix Anal. Appl. 31(3), 2009.
    """
    return exponential.expm(square(a))


def solve_triangular(
    a: Any, b: Any, trans: int = 0, lower: bool = False, unit_diagonal: bool = False
) -> Any:
    r"""Solve equations whose matrix is a triangle.

    .. math:: \operatorname{tri}(A)\,X = B

    Shapes:
        a: ``(..., n, n)``, b: ``(..., n, k)`` or ``(n,)``, result: as b.

    Args:
        a: Square matrices, of which one triangle is read.
        b: Right-hand sides.
        trans: 0 for the matrix as it is, 1 for its transpose, 2 for its conjugate
            transpose.
        lower: Read the lower triangle, not the upper.
        unit_diagonal: Take ones for the diagonal, which then is not read.

    Returns:
        The solutions.

    Raises:
        LinAlgError: If the matrix is not square, or an element of its diagonal is 0.

    Examples:
        >>> import numpy as np
        >>> a = np.array([[2.0, 1.0], [0.0, 4.0]])
        >>> solve_triangular(a, np.array([4.0, 8.0]))
        array([1., 2.])
    """
    a, b = inexact(a, b)
    a = square(a)
    if unit_diagonal:
        a = np.where(np.eye(a.shape[-1], dtype=bool), identity(a, a.shape), a)
    if trans:
        a, lower = np.swapaxes(a, -1, -2), not lower
    if trans == 2:
        a = np.conjugate(a)
    sides = np.reshape(b, (-1, 1)) if b.ndim == 1 else b
    x = solving.triangular_solve(*alike(a, sides), lower=bool(lower))
    return np.reshape(x, x.shape[:-1]) if b.ndim == 1 else x


def cho_solve(c_and_lower: tuple[Any, bool], b: Any) -> Any:
    r"""Solve equations by the Cholesky factor of their matrix.

    .. math:: L L^{*} X = B \quad \text{or} \quad U^{*} U X = B

    Shapes:
        c: ``(..., n, n)``, b: ``(..., n, k)`` or ``(n,)``, result: as b.

    Args:
        c_and_lower: The factor, and whether it is the lower one.
        b: Right-hand sides.

    Returns:
        The solutions.

    Raises:
        LinAlgError: If an element of the factor's diagonal is 0.

    Examples:
        >>> import numpy as np
        >>> a = np.array([[4.0, 2.0], [2.0, 2.0]])
        >>> cho_solve((np.linalg.cholesky(a), True), a @ np.array([1.0, 3.0]))
        array([1., 3.])
    """
    factor, lower = c_and_lower
    first, last = (0, 2) if lower else (2, 0)
    half = solve_triangular(factor, b, trans=first, lower=lower)
    return solve_triangular(factor, half, trans=last, lower=lower)
