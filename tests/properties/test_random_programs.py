"""Programs composed at random of the book: every way to run one gives the same."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.core.primitive import REGISTRY
from tests.properties.programs import (
    MOST,
    SMOOTH_TABLE,
    TABLE,
    Plan,
    placed,
    plans,
)

BOUNDED = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
)
NATIVE = {"rtol": 1e-9, "atol": 1e-9}  # sums in another order, through 30 primitives
SINGLE = {"rtol": 1e-3, "atol": 1e-3}  # a float32 has 1e-7, and steps multiply it
ROUGH = ("kink", "smooth enough", "finite values near")  # the point, not the rule


def equations(plan):
    """How many primitives a plan comes to."""
    return len(cr.make_program(plan)(*plan.arguments()).equations)


def sized(plan):
    """Keep to programs of the sizes promised."""
    assume(equations(plan) <= MOST)
    return plan


def compare(got, want, tolerance):
    assert len(got) == len(want)
    for mine, theirs in zip(got, want, strict=True):
        assert np.shape(mine) == np.shape(theirs)
        assert_allclose(mine, theirs, **tolerance)


@settings(BOUNDED, max_examples=30)
@given(plans())
def test_gradients_are_differences(plan):
    sized(plan)
    try:
        cr.check_grads(plan.total, tuple(plan.arguments()))
    except AssertionError as error:
        assume(not any(words in str(error) for words in ROUGH))
        raise


@settings(BOUNDED, max_examples=25)
@given(plans())
def test_compiled_code_gives_what_numpy_gives(plan):
    arguments = sized(plan).arguments()
    slopes = cr.grad(plan.total, argnums=tuple(range(len(arguments))))

    def everything(*xs):
        return *plan(*xs), *slopes(*xs)

    compare(cr.jit(everything)(*arguments), everything(*arguments), NATIVE)


@settings(BOUNDED, max_examples=30)
@given(plans())
def test_a_batch_is_a_loop_over_examples(plan):
    batch = sized(plan).batch(3)
    examples = list(zip(*batch, strict=True))
    for function in (plan, lambda *xs: (cr.grad(plan.total)(*xs),)):
        each = [function(*map(np.asarray, example)) for example in examples]
        want = [np.stack(parts) for parts in zip(*each, strict=True)]
        compare(cr.vmap(function)(*batch), want, NATIVE)


@settings(BOUNDED, max_examples=30)
@given(plans(SMOOTH_TABLE))
def test_single_precision_is_near_double(plan):
    sized(plan)
    single = plan(*plan.arguments(np.float32))
    assert all(value.dtype == np.float32 for value in single)
    double = plan(*[x.astype(float) for x in plan.arguments(np.float32)])
    slopes = cr.grad(plan.total)(*plan.arguments())
    assume(np.max(np.abs(slopes), initial=0) < 1e3)  # else rounding grows as much
    compare(single, double, SINGLE)


def test_nearly_every_record_with_a_derivative_is_drawn_from():
    drawn = {record.name for record, _ in TABLE}
    assert len(drawn) >= 0.6 * len(REGISTRY)
    assert {"matmul", "scan", "sort", "tanh", "take", "reduce_max"} <= drawn


def test_a_wrong_derivative_is_caught(monkeypatch):
    """The properties see a rule that is wrong by a thousandth."""
    tanh = REGISTRY["tanh"]
    plan = Plan(((3,),), (), 0)
    pool = plan.arguments()
    steps = (placed(tanh, tanh.samples[0], (0,), pool),)
    rule = tanh.jvp[0]
    wrong = (lambda dx, y, x: 1.001 * rule(dx, y, x),)
    monkeypatch.setitem(tanh.__dict__, "jvp", wrong)
    with pytest.raises(AssertionError, match=r"wrong by 0\.001"):
        cr.check_grads(plan._replace(steps=steps).total, tuple(pool))
