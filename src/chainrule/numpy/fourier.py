"""NumPy's Fourier transforms for traced values: lengths, axes and scaling.

The transforms along several axes, and those of Hermitian series, are made of three
records: of complex numbers, and from real numbers to complex ones and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.core.errors import ShapeError, user_line
from chainrule.core.tracer import implements
from chainrule.numpy.promotion import cast, lifted
from chainrule.numpy.structure import Axis, many_axes, one_axis
from chainrule.primitives import fourier as p
from chainrule.primitives.slicing import part

Lengths = Sequence[int] | None


def _norm(norm: str | None) -> str:
    if norm is not None and norm not in p.NORMS:
        raise ValueError(
            f"Expected a norm among {p.NORMS}, got {norm!r} at {user_line()}: it says "
            "which way is scaled."
        )
    return norm or "backward"


def _floating(x: Any) -> np.dtype[Any]:
    return x.dtype if x.dtype.kind in "fc" else np.dtype(float)


def _complex(x: Any) -> Any:
    return cast(x, np.result_type(_floating(x), np.complex64))


def _real(x: Any) -> Any:
    if x.dtype.kind == "c":
        raise TypeError(
            f"Expected real numbers for a real transform, got {x.dtype} at "
            f"{user_line()}: use np.fft.fft, or np.real of them."
        )
    return cast(x, np.result_type(_floating(x), np.float32))


def _resized(x: Any, n: int, axis: int) -> Any:
    """The first n elements along an axis, zeros where there are fewer."""
    if n < 1:
        raise ShapeError(
            f"Expected at least one point to transform, got {n} at {user_line()}."
        )
    extent = x.shape[axis]
    if n <= extent:
        return x if n == extent else part(x, axis, 0, n)
    return np.pad(x, [(0, n - extent if i == axis else 0) for i in range(x.ndim)])


def _plan(
    x: Any, s: Lengths, axes: Axis, mirrored: bool = False
) -> tuple[tuple[int, ...], list[int]]:
    """The axes to transform and how many points along each."""
    if axes is None and s is not None:
        axes = tuple(range(-len(s), 0))
    places = many_axes(axes, x.ndim)
    extents = [x.shape[place] for place in places]
    if s is None and mirrored and extents:
        extents[-1] = 2 * (extents[-1] - 1)
    wanted = extents if s is None else list(s)
    if len(wanted) != len(places):
        raise ShapeError(
            f"Expected a length for each axis, got {s} for axes {axes} at "
            f"{user_line()}: give both as many elements."
        )
    pairs = zip(wanted, extents, strict=True)
    return places, [old if n == -1 else int(n) for n, old in pairs]


def _transformed(
    x: Any, places: tuple[int, ...], lengths: list[int], norm: Any, inverse: bool
) -> Any:
    y = _complex(x)
    for place, n in zip(places, lengths, strict=True):
        y = _resized(y, n, place)
    axes = tuple(sorted(places))
    return p.fft(y, axes=axes, norm=_norm(norm), inverse=inverse) if axes else y


def _one(x: Any, n: int | None, axis: int) -> tuple[int, int]:
    place = one_axis(axis, x.ndim)
    return place, x.shape[place] if n is None else int(n)


@implements(np.fft.fft)
def fft(
    a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None
) -> Any:
    """The transform along one axis."""
    place, length = _one(a, n, axis)
    return _transformed(a, (place,), [length], norm, False)


@implements(np.fft.ifft)
def ifft(
    a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None
) -> Any:
    """The transform back along one axis."""
    place, length = _one(a, n, axis)
    return _transformed(a, (place,), [length], norm, True)


@implements(np.fft.fftn)
def fftn(
    a: Any, s: Lengths = None, axes: Axis = None, norm: Any = None, out: Any = None
) -> Any:
    """The transform along several axes, all by default."""
    return _transformed(a, *_plan(a, s, axes), norm, False)


@implements(np.fft.ifftn)
def ifftn(
    a: Any, s: Lengths = None, axes: Axis = None, norm: Any = None, out: Any = None
) -> Any:
    """The transform back along several axes, all by default."""
    return _transformed(a, *_plan(a, s, axes), norm, True)


@implements(np.fft.fft2)
def fft2(
    a: Any, s: Lengths = None, axes: Axis = (-2, -1), norm: Any = None, out: Any = None
) -> Any:
    """The transform along two axes."""
    return fftn(a, s, axes, norm)


@implements(np.fft.ifft2)
def ifft2(
    a: Any, s: Lengths = None, axes: Axis = (-2, -1), norm: Any = None, out: Any = None
) -> Any:
    """The transform back along two axes."""
    return ifftn(a, s, axes, norm)


@implements(np.fft.rfft)
def rfft(
    a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None
) -> Any:
    """The transform of real numbers, without the half that mirrors the other."""
    place, length = _one(a, n, axis)
    return p.rfft(_resized(_real(a), length, place), axis=place, norm=_norm(norm))


@implements(np.fft.irfft)
def irfft(
    a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None
) -> Any:
    """The transform back to real numbers; the mirrored half is understood."""
    place, extent = _one(a, None, axis)
    length = 2 * (extent - 1) if n is None else int(n)
    half = _resized(_complex(a), length // 2 + 1 if length > 0 else 0, place)
    return p.irfft(half, axis=place, n=length, norm=_norm(norm))


@implements(np.fft.rfftn)
def rfftn(
    a: Any, s: Lengths = None, axes: Axis = None, norm: Any = None, out: Any = None
) -> Any:
    """The transform of real numbers along several axes, halved along the last."""
    places, lengths = _plan(a, s, axes)
    half = rfft(a, lengths[-1], places[-1], norm)
    return _transformed(half, places[:-1], lengths[:-1], norm, False)


@implements(np.fft.irfftn)
def irfftn(
    a: Any, s: Lengths = None, axes: Axis = None, norm: Any = None, out: Any = None
) -> Any:
    """The transform back to real numbers along several axes, the last one halved."""
    places, lengths = _plan(a, s, axes, mirrored=True)
    half = _transformed(a, places[:-1], lengths[:-1], norm, True)
    return irfft(half, lengths[-1], places[-1], norm)


@implements(np.fft.rfft2)
def rfft2(
    a: Any, s: Lengths = None, axes: Axis = (-2, -1), norm: Any = None, out: Any = None
) -> Any:
    """The transform of real numbers along two axes, halved along the last."""
    return rfftn(a, s, axes, norm)


@implements(np.fft.irfft2)
def irfft2(
    a: Any, s: Lengths = None, axes: Axis = (-2, -1), norm: Any = None, out: Any = None
) -> Any:
    """The transform back to real numbers along two axes, the last one halved."""
    return irfftn(a, s, axes, norm)


@implements(np.fft.hfft)
def hfft(
    a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None
) -> Any:
    """The transform of a series that mirrors itself, of which one half is given."""
    return irfft(np.conjugate(a), n, axis, p.OPPOSITE[_norm(norm)])


@implements(np.fft.ihfft)
def ihfft(
    a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None
) -> Any:
    """The transform back to one half of a series that mirrors itself."""
    return np.conjugate(rfft(a, n, axis, p.OPPOSITE[_norm(norm)]))


@implements(np.fft.fftshift)
def fftshift(x: Any, axes: Axis = None) -> Any:
    """The zero frequency moved to the middle."""
    places = many_axes(axes, x.ndim)
    return np.roll(x, [x.shape[place] // 2 for place in places], places)


@implements(np.fft.ifftshift)
def ifftshift(x: Any, axes: Axis = None) -> Any:
    """The zero frequency moved back to the front."""
    places = many_axes(axes, x.ndim)
    return np.roll(x, [-(x.shape[place] // 2) for place in places], places)


def fftfreq(n: int, d: Any = 1.0, *, dtype: Any = None, device: Any = None) -> Any:
    r"""Frequencies of the places of ``fft``, from 0 up and then from the lowest.

    .. math:: f_k = \frac{k}{n d}, \qquad
        k = 0, \dots, \lceil n/2 \rceil - 1,\ -\lfloor n/2 \rfloor, \dots, -1

    Shapes:
        f: ``(n,)``.

    Args:
        n: How many places.
        d: The distance between samples; possibly traced.
        dtype: By default float64, or that of a traced distance.
        device: None or ``"cpu"``.

    Returns:
        The frequencies, in turns for each unit of ``d``.

    Examples:
        >>> fftfreq(4, dtype=np.float32)
        array([ 0.  ,  0.25, -0.5 , -0.25], dtype=float32)

    Source: https://data-apis.org/array-api/2024.12/extensions/generated/array_api.fft.fftfreq.html.
    """
    return _frequencies(
        np.fft.ifftshift(np.arange(-(n // 2), (n + 1) // 2)), n, d, dtype
    )


def rfftfreq(n: int, d: Any = 1.0, *, dtype: Any = None, device: Any = None) -> Any:
    r"""Frequencies of the places of ``rfft``, from 0 up.

    .. math:: f_k = \frac{k}{n d}, \qquad k = 0, \dots, \lfloor n/2 \rfloor

    Shapes:
        f: ``(n // 2 + 1,)``.

    Args:
        n: How many places the real signal has.
        d: The distance between samples; possibly traced.
        dtype: By default float64, or that of a traced distance.
        device: None or ``"cpu"``.

    Returns:
        The frequencies, in turns for each unit of ``d``.

    Examples:
        >>> rfftfreq(4, d=0.5)
        array([0. , 0.5, 1. ])

    Source: https://data-apis.org/array-api/2024.12/extensions/generated/array_api.fft.rfftfreq.html.
    """
    return _frequencies(np.arange(n // 2 + 1), n, d, dtype)


def _frequencies(places: Any, n: int, d: Any, dtype: Any) -> Any:
    """Numbers of waves over n samples at a distance, as NumPy rounds them."""
    found = places * (1.0 / (n * d))
    return found if dtype is None else lifted(found).astype(dtype)
