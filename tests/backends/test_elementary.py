"""The elementary functions against references of more digits, on every CPU level."""

from __future__ import annotations

import functools
import platform
import re

import numpy as np
import pytest
from llvmlite import binding

from chainrule.backends.native import ir
from chainrule.backends.native.elementary import ELEMENTARY, emit_threefry
from tests.backends.elementary_points import (
    BOUNDS,
    DOUBLE,
    LOOSER,
    SINGLE,
    arguments,
    points,
    special_arguments,
)
from tests.backends.kernels import (
    Kernels,
    arity,
    compiled,
    loop_kernel,
    optimized,
    target_machine,
)
from tests.backends.references import SLACK, error_in_ulp, reference

FEATURES = {
    "x86-64-v2": ("sse4.2",),
    "x86-64-v3": ("avx2", "fma"),
    "x86-64-v4": ("avx512f", "avx512dq", "avx512bw", "avx512vl"),
}
REGISTER_BYTES = {"x86-64-v2": 16, "x86-64-v3": 32, "x86-64-v4": 64}
SLOW_REFERENCE = ("erf", "erfc", "erfcx", "ndtr")
HOT = ("exp", "log", "tanh", "logistic", "log1p", "expm1", "sin", "cos")


def levels() -> list[str]:
    """The feature levels that this CPU has; its own name where there are none."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return [binding.get_host_cpu_name()]
    have = binding.get_host_cpu_features()
    return [cpu for cpu, need in FEATURES.items() if all(have.get(n) for n in need)]


LEVELS = levels()
DTYPES = [pytest.param(dtype, id=dtype.name) for dtype in (SINGLE, DOUBLE)]


def natural(cpu: str, dtype: np.dtype) -> int:
    """The lanes of one register."""
    return REGISTER_BYTES.get(cpu, 16) // dtype.itemsize


@functools.cache
def kernels(cpu: str, dtype: np.dtype, lanes: int) -> Kernels:
    return Kernels(cpu, dtype, lanes)


@functools.cache
def cases(name: str, dtype: np.dtype) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
    """Arguments and exact values, the same for every CPU level."""
    slow = name in SLOW_REFERENCE and dtype == DOUBLE
    xs = arguments(name, dtype, 300 if slow else 10_000)
    return xs, reference(name, *xs)


def bound(name: str, dtype: np.dtype) -> float:
    return LOOSER.get((name, dtype), BOUNDS[dtype]) + SLACK[dtype]


def worst(name: str, cpu: str, dtype: np.dtype) -> tuple[float, tuple[np.ndarray, ...]]:
    """The greatest error over the cases, and where."""
    xs, want = cases(name, dtype)
    got = kernels(cpu, dtype, natural(cpu, dtype))(name, *xs)
    errors = error_in_ulp(got, want)
    at = np.argmax(errors)
    return float(errors[at]), tuple(x[at] for x in xs)


@pytest.mark.parametrize("cpu", LEVELS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTARY)
def test_error_is_within_the_bound(name, dtype, cpu):
    error, at = worst(name, cpu, dtype)
    assert error <= bound(name, dtype), f"{name}{at} is {error} ulp off"


@pytest.mark.parametrize("name", HOT)
def test_single_precision_over_a_million_points(name):
    cpu = LEVELS[-1]
    x = points(name, SINGLE, 350_000, seed=7)
    got = kernels(cpu, SINGLE, natural(cpu, SINGLE))(name, x)
    error = error_in_ulp(got, reference(name, x))
    at = np.argmax(error)
    assert error[at] <= bound(name, SINGLE), f"{name}({x[at]}) is {error[at]} ulp off"


def same_kind(got: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Where both are NaN, or of one sign and both 0, both finite or both infinite.

    The smallest denormal may pass for 0 and 0 for it, as an error of one ulp.
    """
    tiny = np.finfo(got.dtype).smallest_subnormal
    small = (np.abs(got) <= tiny) & (np.abs(want) <= tiny)
    same = (np.isinf(got) == np.isinf(want)) & ((got == 0) == (want == 0))
    same |= small & (got != want)
    same &= np.signbit(got) == np.signbit(want)
    return np.where(np.isnan(want), np.isnan(got), same & ~np.isnan(got))


@pytest.mark.parametrize("cpu", LEVELS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTARY)
def test_special_values_are_as_numpy_has_them(name, dtype, cpu):
    """Zeros keep their sign; infinities, NaN and overflow come where they should."""
    xs = special_arguments(name, dtype)
    got = kernels(cpu, dtype, natural(cpu, dtype))(name, *xs)
    with np.errstate(all="ignore"):
        want = reference(name, *xs).astype(dtype)
    right = same_kind(got, want)
    wrong = [(*(x[i] for x in xs), got[i], want[i]) for i in np.flatnonzero(~right)]
    assert not wrong, f"{name}: arguments, received, expected {wrong[:5]}"


@pytest.mark.parametrize("lanes", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_number_of_lanes_gives_the_same_bits(dtype, lanes):
    cpu = LEVELS[-1]
    want, got = kernels(cpu, dtype, natural(cpu, dtype)), kernels(cpu, dtype, lanes)
    for name in ELEMENTARY:
        xs = arguments(name, dtype, 500)
        np.testing.assert_array_equal(got(name, *xs), want(name, *xs), err_msg=name)


SYMBOL = r"\"?([A-Za-z_][\w.$@]*)"


def external_calls(assembly: str) -> set[str]:
    """The functions that assembly calls, other than the module's own cold one.

    By name, or on x86 through a register that was given the name's address.
    """
    calls = rf"^\s+(?:callq?|bl)\s+{SYMBOL}|^\s+movabsq\s+\${SYMBOL}"
    called = {"".join(pair) for pair in re.findall(calls, assembly, re.MULTILINE)}
    return {name for name in called if "chainrule" not in name}


def test_a_library_call_is_noticed():
    module = ir.Module()
    f = ir.Function(module, "wave", [("ptr", "x")])
    x = f.load("double", f.parameters[0])
    f.store(f.intrinsic("sin", "double", x), f.parameters[0])
    f.ret()
    code = compiled(module, LEVELS[-1])
    called = external_calls(code.machine.emit_assembly(code.optimized))
    assert {name.strip("_") for name in called} == {"sin"}


@pytest.mark.parametrize("cpu", LEVELS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_library_is_called(dtype, cpu):
    built = kernels(cpu, dtype, natural(cpu, dtype))
    assert external_calls(built.assembly()) == set()


@pytest.mark.parametrize(("element", "lanes"), [("float", 4), ("double", 2)])
def test_code_for_aarch64_is_emitted(element, lanes):
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    module = ir.Module()
    for name in ELEMENTARY:
        loop_kernel(module, name, element, lanes)
    machine = target_machine("cortex-a76", "aarch64-unknown-linux-gnu")
    assembly = machine.emit_assembly(optimized(module, machine))
    assert "fmla" in assembly
    assert external_calls(assembly) == set()


def test_arity_follows_numpy():
    for name in ELEMENTARY:
        ufunc = getattr(np, name, None)
        assert ufunc is None or ufunc.nin == arity(name)


def test_an_error_of_three_ulp_is_caught():
    x = points("exp", SINGLE, 1000)
    want = reference("exp", x)
    with np.errstate(all="ignore"):
        right = want.astype(SINGLE)
        wrong = right + 3 * np.spacing(right)
    plain = np.isfinite(wrong) & (right > np.finfo(SINGLE).tiny)
    assert error_in_ulp(right, want)[plain].max() <= 0.51
    assert error_in_ulp(wrong, want)[plain].max() > BOUNDS[SINGLE]


ALL_ONES = 0xFFFFFFFF
KNOWN_ANSWERS = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((ALL_ONES, ALL_ONES), (ALL_ONES, ALL_ONES), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize("lanes", [1, 4, 16])
@pytest.mark.parametrize(("key", "counter", "want"), KNOWN_ANSWERS)
def test_threefry_gives_the_known_answers(key, counter, want, lanes):
    """Random123's kat_vectors, threefry2x32 with 20 rounds."""
    module = ir.Module()
    f = ir.Function(module, "threefry", [("ptr", "words")])
    type_ = ir.vector("i32", lanes)
    cells = [f.gep("i32", f.parameters[0], i * lanes) for i in range(4)]
    results = emit_threefry(f, *(f.load(type_, cell) for cell in cells))
    for cell, result in zip(cells, results, strict=False):
        f.store(result, cell)
    f.ret()
    words = np.repeat(np.array([*key, *counter], np.uint32), lanes)
    compiled(module, LEVELS[-1]).prepare("threefry", words)()
    np.testing.assert_array_equal(words[: 2 * lanes], np.repeat(want, lanes))
