r"""Derivatives of Bessel functions by their order, of any order themselves.

Schläfli's integrals and their kin, DLMF 10.9.6, 10.9.7, 10.32.4 and 10.32.9, are entire
functions of the order, and so differentiate under the integral. Near 0, where J and I
are small beside the parts that their integrals are made of, their series (DLMF 10.2.2,
10.25.2) are summed with truncated power series in the place of the order (``jets.py``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from chainrule.primitives.special.jets import (
    exp_of,
    filled,
    log_gamma_of,
    series,
    variable,
)

Array = Any

GONE = 750.0
"""e to the minus this is 0."""
NODES = 32


@cache
def _rule() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(NODES)


def _integral(function: Callable[[Array], Array], end: Array, panels: int) -> Array:
    """From 0 to an end for each element, by Gauss and Legendre on equal panels."""
    nodes, weights = _rule()
    places = (np.arange(panels)[:, None] + (nodes + 1) / 2).ravel() / panels
    shares = np.tile(weights / (2 * panels), panels)
    return np.sum(function(places * end[:, None]) * shares, axis=-1) * end


def _wave(turns: Array) -> Array:
    """cos(2πr), exactly 0 where it is."""
    turns = np.remainder(turns, 1.0)
    value = np.cos(2 * np.pi * turns)
    return np.where((turns == 0.25) | (turns == 0.75), 0.0, value)


def _around(v: Array, x: Array, shift: int, order: int) -> Array:
    """∂ⁿ/∂vⁿ of ∫ cos(x sin θ - vθ - shift·π/2) dθ / π from 0 to π."""
    quarter = (shift + order) * np.pi / 2

    def wave(angle: Array) -> Array:
        phase = x[:, None] * np.sin(angle) - v[:, None] * angle
        return angle**order * np.cos(phase - quarter)

    panels = 2 + int(np.max(x + np.abs(v)) / 4)
    return _integral(wave, np.full_like(x, np.pi), panels) / np.pi


def _moments(v: Array, x: Array, sign: int, powers: int) -> list[Array]:
    """∫ tⁿ exp(-x sinh t + sign·vt) dt from 0 on, for n up to a power."""
    end = _end(np.arcsinh, v, x)
    panels = _panels(end)

    def decay(power: int) -> Callable[[Array], Array]:
        return lambda t: (
            t**power * np.exp(sign * v[:, None] * t - x[:, None] * np.sinh(t))
        )

    return [_integral(decay(n), end, panels) for n in range(powers + 1)]


def _end(inverse: Callable[[Array], Array], v: Array, x: Array) -> Array:
    """Where x sinh t (or cosh t) exceeds |v| t by what makes its exponential 0."""
    end = inverse(1 + GONE / x)
    for _ in range(8):
        end = inverse(1 + (GONE + np.abs(v) * end) / x)
    return end


def _panels(end: Array) -> int:
    """So many that an exponential falls by no more than e^-25 in one."""
    return int(GONE / 25 + 2 * np.max(end))


def _turned(v: Array, moments: list[Array], order: int, quarter: int) -> Array:
    """∂ⁿ/∂vⁿ of cos(πv - quarter·π/2) times what falls with t as e^(-vt)."""
    terms = [
        math.comb(order, k)
        * np.pi**k
        * _wave(v / 2 + (k - quarter) / 4)
        * (-1.0) ** (order - k)
        * moments[order - k]
        for k in range(order + 1)
    ]
    return np.sum(terms, axis=0)


def _first_kind(v: Array, x: Array, order: int) -> Array:
    falling = _turned(v, _moments(v, x, -1, order), order, 1)
    return _around(v, x, 0, order) - falling / np.pi


def _second_kind(v: Array, x: Array, order: int) -> Array:
    rising = _moments(v, x, 1, order)[order]
    falling = _turned(v, _moments(v, x, -1, order), order, 0)
    return _around(v, x, 1, order) - (rising + falling) / np.pi


def _modified(v: Array, x: Array, order: int) -> Array:
    """Of e^(-x) I_v(x)."""

    def bell(angle: Array) -> Array:
        fall = np.exp(-2 * x[:, None] * np.sin(angle / 2) ** 2)
        wave = np.cos(v[:, None] * angle + order * np.pi / 2)
        return angle**order * fall * wave

    def decay(power: int) -> Callable[[Array], Array]:
        return lambda t: (
            t**power * np.exp(-x[:, None] * (np.cosh(t) + 1) - v[:, None] * t)
        )

    width = 2 * np.arcsin(np.sqrt(np.minimum(1.0, GONE / (2 * x))))
    whole = _integral(bell, width, 8 + int(np.max(np.abs(v)) / 2)) / np.pi
    end = _end(np.arccosh, v, x)
    panels = _panels(end)
    moments = [_integral(decay(n), end, panels) for n in range(order + 1)]
    return whole - _turned(v, moments, order, 1) / np.pi


STEPS = 400


def _modified_second(v: Array, x: Array, order: int) -> Array:
    """Of e^x K_v(x): the integrand is even, so that equal steps lose nothing."""
    end = _end(np.arccosh, v, x)
    t = end[:, None] * np.arange(STEPS + 1) / STEPS
    fall = -2 * x[:, None] * np.sinh(t / 2) ** 2
    sides = [np.exp(fall + sign * v[:, None] * t) * sign**order for sign in (1, -1)]
    terms = t**order * (sides[0] + sides[1]) / 2
    terms[:, 0] /= 2
    return np.sum(terms, axis=-1) * end / STEPS


def _near(v: Array, x: Array, order: int, sign: int) -> Array:
    """Of J_v(x) or e^(-x) I_v(x) by the power series."""
    from scipy import special

    s, square = variable(v, (order, 0), 0), sign * x * x / 4
    total = series(s * 0.0 + 1.0, lambda k: square / ((s + k) * float(k)))
    rise = s * np.log(x / 2) - log_gamma_of(v + 1, (order, 0), (0,))
    size = v * np.log(x / 2) - special.gammaln(v + 1) - (x if sign > 0 else 0.0)
    found = exp_of(rise.without_lead()) * total
    return np.exp(size) * found.coefficients[-1, 0] * math.factorial(order)


Meaning = Callable[[Array, Array, int], Array]
LARGEST = 1e5
BLOCK = 64
FAR = 500.0


def _blocks(function: Meaning, order: int) -> Callable[[Array, Array], Array]:
    """A function of few elements at once, as each has its own points."""

    def by_blocks(v: Array, x: Array) -> Array:
        spans = [slice(start, start + BLOCK) for start in range(0, v.size, BLOCK)]
        return np.concatenate([function(v[span], x[span], order) for span in spans])

    return by_blocks


def _by_order(far: Meaning, near: Meaning | None, inside: Any) -> Meaning:
    """At positive x; by the series where ``inside`` says so, else by integrals."""

    def meaning(v: Array, x: Array, order: int) -> Array:
        dtype = x.dtype
        v, x = np.broadcast_arrays(np.asarray(v, float), np.asarray(x, float))
        with np.errstate(all="ignore"):
            valid = (x > 0) & (x + np.abs(v) < LARGEST)
            parts = [(valid, _blocks(far, order))]
            if near is not None:
                close = valid & (v >= 0) & inside(v, x)
                short = _blocks(near, order)
                parts = [(valid & ~close, parts[0][1]), (close, short)]
            found = filled(x.shape, parts, v, x)
        return np.where(valid, found, np.nan).astype(dtype)

    return meaning


jv = _by_order(
    _first_kind,
    lambda v, x, order: _near(v, x, order, -1),
    lambda v, x: x * x <= 4 * (v + 1),
)
yv = _by_order(_second_kind, None, None)
ive = _by_order(
    _modified, lambda v, x, order: _near(v, x, order, 1), lambda v, x: x <= FAR
)
kve = _by_order(_modified_second, None, None)
