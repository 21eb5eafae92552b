"""Branches and while loops, simplified: what is known, shared or unused goes."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.core.check import check
from chainrule.transforms.simplify import simplify


def program_of(function, *arguments):
    jitted = cr.jit(function)
    jitted(*arguments)
    (program,) = jitted.programs
    check(program)
    return program


def names(program):
    return [equation.primitive.name for equation in program.equations]


def only(program, name):
    (equation,) = [e for e in program.equations if e.primitive.name == name]
    return equation


def test_a_choice_that_becomes_known_is_opened():
    def f(x):
        def step(c, _):
            return cr.cond(
                c[1] > 1, lambda c: c, lambda c: (np.sin(c[0]), c[1]), c
            ), None

        return cr.scan(step, (x, 0), None, length=3)[0][0]

    assert names(only(program_of(f, 1.0), "scan").params["body"]) == ["sin"]


def test_results_that_all_branches_share_need_no_choice():
    def f(flag, x, y):
        return cr.cond(
            flag, lambda x: (np.sin(x), y, 1.0), lambda x: (np.cos(x), y, 1.0), x
        )

    program = program_of(f, True, 1.0, 2.0)
    choice = only(program, "switch")
    assert len(choice.outputs) == 1
    assert program.outputs[1] is program.inputs[2]


def test_what_nobody_reads_of_branches_goes():
    def f(flag, x, y):
        a, _ = cr.cond(
            flag,
            lambda x, y: (np.sin(x), np.exp(y)),
            lambda x, y: (x * 2.0, y),
            x,
            y,
        )
        return a

    choice = only(program_of(f, True, 1.0, 2.0), "switch")
    bodies = [names(body) for body in choice.params.values()]
    assert bodies == [["mul"], ["sin"]]
    assert len(choice.inputs) == 2
    assert len(choice.outputs) == 1


def test_numbers_are_known_inside_branches():
    def f(flag, x):
        return cr.cond(flag, lambda a, x: a * x, lambda a, x: x / a, 1.0, x)

    assert names(program_of(f, True, 2.0)) == []


def test_the_value_of_a_function_costs_its_gradient_no_branch():
    """Forward results that the derivative does not need are dropped inside."""

    def f(x):
        return cr.cond(x > 1, lambda x: np.exp(x), lambda x: x * 3.0, x)

    program = program_of(cr.grad(f), 2.0)
    for equation in program.equations:
        if equation.primitive.name == "switch":
            for body in equation.params.values():
                assert len(body.equations) <= 1


def test_while_loops_are_cleaned():
    def f(x, w):
        def body(state):
            x, w, unused, n = state
            return np.sin(x) * np.exp(w), w, unused + x, n + 1

        return cr.while_loop(lambda s: s[3] < 4, body, (x, w, 0.0, 0))[0]

    program = program_of(f, 0.5, 1.0)
    assert names(program) == ["exp", "while_loop"]
    loop = only(program, "while_loop")
    assert names(loop.params["body"]) == ["sin", "mul", "add", "less"]
    want = 0.5
    for _ in range(4):
        want = np.sin(want) * np.exp(1.0)
    assert cr.jit(f)(0.5, 1.0) == pytest.approx(want, rel=1e-14)


def test_a_condition_that_never_changes_stays_the_condition():
    def f(x):
        return cr.while_loop(lambda c: c < -np.inf, lambda c: c + 1.0, x)

    program = program_of(f, 0.5)
    check(simplify(program))
    assert cr.jit(f)(0.5) == 0.5
