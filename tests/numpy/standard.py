"""The functions of the Python array API standard 2024.12, and a call of each.

https://data-apis.org/array-api/2024.12/API_specification. A call takes the namespace
and arrays that it names: x and y floats of shape (3, 4), i and j integers, b and c
booleans, z complex numbers, s a symmetric matrix that is positive definite.
"""

import numpy as np

UNARY = """
abs acos acosh asin asinh atan atanh ceil conj cos cosh exp expm1 floor isfinite isinf
isnan log log1p log2 log10 negative positive reciprocal round sign signbit sin sinh
square sqrt tan tanh trunc argmax argmin count_nonzero max mean min prod std sum var all
any argsort sort flip empty_like ones_like zeros_like tril triu matrix_transpose squeeze
"""
BINARY = """
add atan2 copysign divide equal floor_divide greater greater_equal hypot less less_equal
logaddexp maximum minimum multiply nextafter not_equal pow remainder subtract vecdot
broadcast_arrays result_type
"""
INTEGER = """
bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor
"""
LOGICAL = "logical_and logical_or logical_xor"

CALLS = {
    **{name: lambda xp, x, n=name: getattr(xp, n)(x) for name in UNARY.split()},
    **{name: lambda xp, x, y, n=name: getattr(xp, n)(x, y) for name in BINARY.split()},
    **{name: lambda xp, i, j, n=name: getattr(xp, n)(i, j) for name in INTEGER.split()},
    **{name: lambda xp, b, c, n=name: getattr(xp, n)(b, c) for name in LOGICAL.split()},
    "acosh": lambda xp, x: xp.acosh(x + 1.5),
    "asarray": lambda xp, x: xp.asarray([x[0, 0], 1.0]),
    "astype": lambda xp, x: xp.astype(x, xp.float32),
    "bitwise_invert": lambda xp, i: xp.bitwise_invert(i),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, (2, 3, 4)),
    "can_cast": lambda xp, x: xp.can_cast(x, xp.complex128),
    "clip": lambda xp, x: xp.clip(x, 0.3, 0.7),
    "concat": lambda xp, x, y: xp.concat([x, y], axis=-1),
    "cumulative_prod": lambda xp, x: xp.cumulative_prod(x, axis=1),
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x, axis=0, include_initial=True),
    "diff": lambda xp, x, y: xp.diff(x, axis=0, n=2, prepend=y, append=x[:1]),
    "expand_dims": lambda xp, x: xp.expand_dims(x, axis=1),
    "finfo": lambda xp, x: x * xp.finfo(x.dtype).eps,
    "full": lambda xp, x: xp.full((2, 2), x[0, 0]),
    "full_like": lambda xp, x: xp.full_like(x, x[0, 0]),
    "iinfo": lambda xp, i: i + xp.iinfo(i.dtype).min,
    "imag": lambda xp, z: xp.imag(z),
    "isdtype": lambda xp, x: xp.isdtype(x.dtype, "real floating"),
    "linspace": lambda xp, x: xp.linspace(x[0, 0], x[0, 1], 5),
    "logical_not": lambda xp, b: xp.logical_not(b),
    "matmul": lambda xp, x, y: xp.matmul(x, xp.matrix_transpose(y)),
    "meshgrid": lambda xp, x, y: xp.meshgrid(x[0], y[1], indexing="ij"),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, 1),
    "permute_dims": lambda xp, x: xp.permute_dims(x, (1, 0)),
    "real": lambda xp, z: xp.real(z),
    "repeat": lambda xp, x: xp.repeat(x, 2, axis=1),
    "reshape": lambda xp, x: xp.reshape(x, (2, 6)),
    "roll": lambda xp, x: xp.roll(x, 1, axis=0),
    "searchsorted": lambda xp, x, y: xp.searchsorted(xp.sort(x[0]), y, side="right"),
    "squeeze": lambda xp, x: xp.squeeze(x[:1], axis=0),
    "stack": lambda xp, x, y: xp.stack([x, y], axis=1),
    "take": lambda xp, x, i: xp.take(x, i[0] % 4, axis=1),
    "take_along_axis": lambda xp, x, i: xp.take_along_axis(x, i % 3, axis=0),
    "tensordot": lambda xp, x, y: xp.tensordot(x, y, axes=((0, 1), (0, 1))),
    "tile": lambda xp, x: xp.tile(x, (2, 1)),
    "unstack": lambda xp, x: xp.unstack(x, axis=1),
    "where": lambda xp, b, x, y: xp.where(b, x, y),
    "linalg.cholesky": lambda xp, s: xp.linalg.cholesky(s),
    "linalg.cross": lambda xp, x, y: xp.linalg.cross(x, y, axis=0),
    "linalg.det": lambda xp, s: xp.linalg.det(s),
    "linalg.diagonal": lambda xp, x: xp.linalg.diagonal(x, offset=1),
    "linalg.eigh": lambda xp, s: xp.abs(xp.linalg.eigh(s).eigenvectors),
    "linalg.eigvalsh": lambda xp, s: xp.linalg.eigvalsh(s),
    "linalg.inv": lambda xp, s: xp.linalg.inv(s),
    "linalg.matmul": lambda xp, x, s: xp.linalg.matmul(s, x),
    "linalg.matrix_norm": lambda xp, x: xp.linalg.matrix_norm(x, ord="nuc"),
    "linalg.matrix_power": lambda xp, s: xp.linalg.matrix_power(s, -3),
    "linalg.matrix_rank": lambda xp, s: xp.linalg.matrix_rank(s),
    "linalg.matrix_transpose": lambda xp, x: xp.linalg.matrix_transpose(x),
    "linalg.outer": lambda xp, x, y: xp.linalg.outer(x[0], y[1]),
    "linalg.pinv": lambda xp, x: xp.linalg.pinv(x),
    "linalg.qr": lambda xp, x: xp.abs(xp.linalg.qr(x).R),
    "linalg.slogdet": lambda xp, s: xp.linalg.slogdet(s),
    "linalg.solve": lambda xp, s, x: xp.linalg.solve(s, x),
    "linalg.svd": lambda xp, x: xp.abs(xp.linalg.svd(x, full_matrices=False).Vh),
    "linalg.svdvals": lambda xp, x: xp.linalg.svdvals(x),
    "linalg.tensordot": lambda xp, x, y: xp.linalg.tensordot(x, y, axes=([1], [1])),
    "linalg.trace": lambda xp, x: xp.linalg.trace(x, offset=-1),
    "linalg.vecdot": lambda xp, x, z: xp.linalg.vecdot(z, x, axis=0),
    "linalg.vector_norm": lambda xp, z: xp.linalg.vector_norm(z, axis=1, ord=3),
    "fft.fft": lambda xp, x: xp.fft.fft(x, axis=0),
    "fft.ifft": lambda xp, z: xp.fft.ifft(z, n=5),
    "fft.fftn": lambda xp, x: xp.fft.fftn(x),
    "fft.ifftn": lambda xp, z: xp.fft.ifftn(z, axes=(0,)),
    "fft.rfft": lambda xp, x: xp.fft.rfft(x),
    "fft.irfft": lambda xp, z: xp.fft.irfft(z, n=5),
    "fft.rfftn": lambda xp, x: xp.fft.rfftn(x),
    "fft.irfftn": lambda xp, z: xp.fft.irfftn(z),
    "fft.hfft": lambda xp, z: xp.fft.hfft(z),
    "fft.ihfft": lambda xp, x: xp.fft.ihfft(x),
    "fft.fftshift": lambda xp, x: xp.fft.fftshift(x),
    "fft.ifftshift": lambda xp, x: xp.fft.ifftshift(x, axes=(1,)),
}

SHAPE_OF_VALUES = "the values decide the shape, which compiled code must know before"
OF_KNOWN_NUMBERS = "it makes arrays of known numbers, which need no trace"

EXCEPTIONS = {
    "nonzero": SHAPE_OF_VALUES,
    "unique_all": SHAPE_OF_VALUES,
    "unique_counts": SHAPE_OF_VALUES,
    "unique_inverse": SHAPE_OF_VALUES,
    "unique_values": SHAPE_OF_VALUES,
    "arange": OF_KNOWN_NUMBERS,
    "empty": OF_KNOWN_NUMBERS,
    "eye": OF_KNOWN_NUMBERS,
    "ones": OF_KNOWN_NUMBERS,
    "zeros": OF_KNOWN_NUMBERS,
    "fft.fftfreq": OF_KNOWN_NUMBERS,
    "fft.rfftfreq": OF_KNOWN_NUMBERS,
    "from_dlpack": "it takes the memory of another library, which a trace has not",
    "__array_namespace_info__": "it tells of the namespace, not of an array",
}
"""Functions that traced values cannot or need not pass, each with its reason."""

FUNCTIONS = sorted({*CALLS, *EXCEPTIONS})


def arrays():
    """The arrays that calls name."""
    rng = np.random.default_rng(0)
    x, y, w = rng.uniform(0.2, 0.9, (3, 3, 4))
    i, j = rng.integers(1, 6, (2, 3, 4))
    b, c = rng.integers(0, 2, (2, 3, 4)).astype(bool)
    z = (y + 1j * w)[:, ::-1].copy()
    s = x @ x.T + np.diag([1.0, 2.0, 3.0])
    return {"x": x, "y": y, "i": i, "j": j, "b": b, "c": c, "z": z, "s": s}
