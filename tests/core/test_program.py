"""Programs: printed, checked, evaluated."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.core.check import ProgramError, check
from chainrule.core.errors import ShapeError
from chainrule.core.primitive import REGISTRY, register
from chainrule.core.program import Equation, Literal, Program, Var, evaluate
from chainrule.core.types import ArrayType, is_number, type_of
from chainrule.primitives.elementwise import add, mul

F3 = ArrayType((3,), np.dtype(np.float64))
I3 = ArrayType((3,), np.dtype(np.int64))


def test_text_of_a_program():
    def f(x, w):
        return {"y": np.tanh(x @ w) * 0.5, "n": 3}

    assert str(cr.show(f)(np.ones((2, 3)), np.ones((3, 4), np.float32))) == (
        "program(a: float64[2,3], b: float32[3,4]):\n"
        "  c: float64[3,4] = convert[dtype=float64] b\n"
        "  d: float64[2,4] = matmul a c\n"
        "  e: float64[2,4] = tanh d\n"
        "  f: float64[2,4] = mul e 0.5:float64[2,4]\n"
        "  return 3:int64, f"
    )


def test_text_of_a_program_with_a_loop_and_constants():
    table = np.arange(3.0)

    def f(x):
        return cr.scan(lambda c, t: (c * t, c), x, table)

    text = cr.show(f)(2.0)
    assert (
        repr(text)
        == str(text)
        == (
            "program(a: float64[]) with constants(b: float64[3]):\n"
            "  c: float64[], d: float64[3] = scan[body={\n"
            "    program(a: float64[], b: float64[]):\n"
            "      c: float64[] = mul a b\n"
            "      return c, a\n"
            "  }, carry=1, consts=0, length=3, reverse=False] a b\n"
            "  return c, d"
        )
    )


def test_make_program_counts_what_was_written_down():
    program = cr.make_program(cr.grad(np.sin))(1.0)
    assert [equation.primitive.name for equation in program.equations][-1] == "mul"
    assert program.input_types == (ArrayType((), np.dtype(np.float64)),)


def product(first, second, out):
    return Equation(mul, (first, second), {}, (out,))


def test_the_checker_accepts_and_refuses():
    x, y, z = Var(F3), Var(F3), Var(F3)
    check(Program((), (x,), (product(x, x, y),), (y, Literal(0.0, F3))))
    with pytest.raises(ProgramError, match="used before it is assigned"):
        check(Program((), (x,), (product(x, z, y),), (y,)))
    with pytest.raises(ProgramError, match="used before it is assigned"):
        check(Program((), (x,), (), (y,)))
    twice = (product(x, x, y), product(x, x, y))
    with pytest.raises(ProgramError, match="assigned twice"):
        check(Program((), (x,), twice, (y,)))
    with pytest.raises(ProgramError, match=r"mul to give .*float64\[3\].*int64\[3\]"):
        check(Program((), (x,), (product(x, x, Var(I3)),), ()))
    with pytest.raises(ShapeError, match="one shape and dtype"):
        check(Program((), (x,), (product(x, Literal(1, I3), y),), (y,)))


def test_evaluate_frees_and_repeats():
    x, y, z = Var(F3), Var(F3), Var(F3)
    steps = (product(x, x, y), product(y, Literal(2.0, F3), z))
    program = Program((), (x,), steps, (z, z, Literal(1.0, F3)))
    assert program.dying == {0: [x], 1: [y]}
    first, second, third = evaluate(program, (), [np.arange(3.0)])
    assert_array_equal(first, [0.0, 2.0, 8.0])
    assert first is second
    assert_array_equal(third, np.ones(3))


def test_types():
    assert repr(F3) == "float64[3]"
    assert (F3.size, F3.nbytes, F3.ndim) == (3, 24, 1)
    assert type_of(2) == ArrayType((), np.dtype(np.int64))
    assert type_of(np.float32(2)) == ArrayType((), np.dtype(np.float32))
    assert is_number(2.0)
    assert not is_number(np.float64(2.0))


def test_names_of_primitives_are_unique():
    assert REGISTRY["add"] is add
    with pytest.raises(ValueError, match="'add', which is registered already"):
        register(add)
