"""Bad input: the user's own line, what was expected, what came, what to do."""

import math
import re

import numpy as np
import pytest
import scipy.linalg

import chainrule as cr

X = np.ones(3)
HERE = r"test_bad_input\.py:\d+"


def refuses(error, words, function, *args):
    """The call fails in these words, and names a line of this file."""
    with pytest.raises(error, match=words) as caught:
        function(*args)
    assert re.search(HERE, str(caught.value))


# -- escaped values --------------------------------------------------------------


def leaked(transform):
    kept = []
    transform(lambda x: (kept.append(x), np.sum(x))[1])(X)
    return kept[0]


@pytest.mark.parametrize("transform", [cr.grad, cr.jit, cr.vmap, cr.hessian])
@pytest.mark.parametrize(
    "use",
    [
        lambda x: x + 1.0,
        np.sin,
        lambda x: cr.grad(lambda y: np.sum(y * x))(X),
        lambda x: cr.grad(np.sum)(x),
        lambda x: bool(np.sum(x) > 0),
    ],
)
def test_a_value_that_escaped(transform, use):
    words = "one of type float64.* that escaped it at .*has_aux=True"
    refuses(cr.EscapedTracerError, words, use, leaked(transform))


@pytest.mark.parametrize("ask", ["item", "tolist", "__int__"])
def test_the_number_of_a_value_that_escaped(ask):
    value = leaked(cr.jit)
    refuses(cr.EscapedTracerError, "that escaped it", getattr(value, ask))


def test_a_value_that_escaped_from_a_loop():
    kept = []

    def step(carry, x):
        kept.append(x)
        return carry + x, None

    cr.scan(step, 0.0, X)
    refuses(cr.EscapedTracerError, "float64.* that escaped it", lambda: kept[0] * 2)


# -- mutation --------------------------------------------------------------------


def assign(x):
    x[0] = 1.0


def update(x):
    x[0] += 1.0


def delete(x):
    del x[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (assign, "an assignment into a traced array at .* Write x = np.where"),
        (update, "an assignment into a traced array"),
        (delete, r"del on a traced array at .* np.delete\(x, i\)"),
        (lambda x: x.sort(), r"x.sort\(\) of a traced array at .* x = np.sort\(x\)"),
        (lambda x: x.fill(1.0), r"x.fill\(\) of a traced array at .* np.full_like"),
        (lambda x: x.put(0, 1.0), r"x.put\(\) of a traced array"),
        (lambda x: np.copyto(x, 1.0), "an assignment by NumPy at .* np.concatenate"),
        (
            lambda x: np.add(x, 1.0, out=x),
            "got out= with a traced array at .* drop out",
        ),
    ],
)
@pytest.mark.parametrize("transform", [cr.grad, cr.jit])
def test_changing_a_traced_array(transform, change, words):
    def f(x):
        change(x)
        return np.sum(x)

    refuses(cr.TracerError, words, transform(f), X)


def test_a_traced_value_into_a_plain_array():
    """NumPy speaks first here; ours is the cause that Python prints above it."""

    def f(x):
        y = np.zeros(3)
        y[0] = x[0]
        return np.sum(y)

    with pytest.raises(ValueError, match="setting an array element") as caught:
        cr.grad(f)(X)
    assert re.search(
        rf"a\[i\] = x in a plain array.*|{HERE}", str(caught.value.__cause__)
    )


# -- values that are not known ---------------------------------------------------


def branch(x):
    return x if np.sum(x) > 0 else -x


def repeat(x):
    while np.sum(x) > 0:
        x = x - 1
    return x


def claim(x):
    assert np.all(x > 0)
    return x


BRANCHING = (
    "the truth of a condition, .* np.where.* or cr.cond .* cr.while_loop in place"
)


@pytest.mark.parametrize(
    "f", [branch, repeat, claim, lambda x: max(x[0], x[1]), lambda x: x[0] > 0 or x[1]]
)
def test_the_truth_of_a_traced_value(f):
    refuses(cr.TracerError, BRANCHING, cr.jit(f), X)
    refuses(cr.TracerError, BRANCHING, cr.vmap(f), np.ones((2, 3)))
    refuses(cr.TracerError, BRANCHING, cr.jit(cr.grad(lambda x: np.sum(f(x)))), X)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (
            lambda x: range(x[0].astype(int)),
            "an index or a length, got .* Pass the value as a static",
        ),
        (lambda x: x[x > 0], "a boolean mask, got the traced"),
        (lambda x: int(x[0]), r"int\(\), got the traced"),
        (lambda x: math.sin(x[0]), r"a Python float at .* \(np.sin\(x\), np.stack\)"),
        (lambda x: np.array([x[0]]), r"to a plain ndarray at .*\(np.stack for a list"),
    ],
)
def test_numbers_that_are_not_known(f, words):
    refuses(cr.TracerError, words, cr.jit(f), X)


def test_another_library_is_not_the_users_line():
    """SciPy's own code asks for the array; the line that called SciPy is named."""
    words = "to a plain ndarray .* by chainrule.custom_jvp"
    refuses(cr.TracerError, words, cr.grad(lambda x: scipy.linalg.sqrtm(x)), np.eye(2))


# -- what is differentiated ------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, r"an argument of dtype int64 at .* \(3.0 for 3, x.astype\(float\)\)"),
        (np.arange(3), "an argument of dtype int64"),
        ({"a": [1.0, True]}, r"leaf \['a'\]\[1\] of dtype bool"),
        ("text", "an argument of str"),
    ],
)
def test_inputs_that_have_no_derivative(value, words):
    refuses(
        TypeError, f"floating-point inputs to grad, got {words}", cr.grad(len), value
    )


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (np.sin, r"got float64\[3\] at .* np.sum or np.mean, or use jacobian"),
        (lambda x: x[:1], r"got float64\[1\]"),
        (lambda x: (x[0], x[1]), "got 2 results"),
        (lambda x: None, "got 0 results"),
    ],
)
def test_results_that_are_not_scalar(f, words):
    refuses(cr.ShapeError, f"one scalar result for grad, {words}", cr.grad(f), X)


def test_results_that_are_not_numbers():
    words = "a floating-point result for grad, got int64"
    refuses(TypeError, words, cr.grad(np.argmax), X)
    words = "returns arrays or containers of arrays, got str at .* has_aux=True"
    refuses(TypeError, words, cr.grad(lambda x: "text"), X)


# -- containers that do not match ------------------------------------------------


def test_containers_of_tangents_and_cotangents():
    p, q = {"a": X}, {"b": X}
    words = r"a tangent in the containers \{'a': \*\}, got \{'b': \*\} at"
    refuses(ValueError, words, cr.jvp, lambda p: p["a"], (p,), (q,))
    words = r"a tangent of shape \(3,\) and dtype float64 .*, got \(2,\) and float64"
    refuses(cr.ShapeError, words, cr.jvp, lambda p: p["a"], (p,), ({"a": X[:2]},))
    refuses(
        ValueError, "one tangent for each of the 1 prim", cr.jvp, np.sin, (X,), (X, X)
    )
    refuses(TypeError, "primals of jvp as a tuple .* ndarray", cr.jvp, np.sin, X, X)
    pullback = cr.vjp(lambda x: {"y": x}, X)[1]
    refuses(
        ValueError, r"a cotangent in the containers \{'y': \*\}, got \*", pullback, X
    )


def test_containers_of_loops_and_branches():
    words = r"returns its carry in \*, got \{'c': \*\} at"
    refuses(TypeError, words, cr.scan, lambda c, x: ({"c": c}, x), 1.0, X)
    words = r"the carry to stay float64\[\], got float64\[2\] from the body"
    refuses(TypeError, words, cr.scan, lambda c, x: (c * np.ones(2), x), 1.0, X)
    words = r"returns \(carry, y\), got Tracer at .* return a pair"
    refuses(TypeError, words, cr.scan, lambda c, x: c, 1.0, X)
    words = r"returns its carry in \*, got \(\*, \*\)"
    loop = lambda x: cr.while_loop(lambda c: c < 2, lambda c: (c, c), x)  # noqa: E731
    refuses(TypeError, words, loop, 1.0)


def test_branches_of_two_kinds():
    def f(x):
        return cr.cond(x > 0, lambda x: {"a": x}, lambda x: x, x)

    with pytest.raises((TypeError, ValueError), match=r"Expected .*got"):
        cr.jit(f)(1.0)


# -- functions without a rule ----------------------------------------------------


@pytest.mark.parametrize(
    ("f", "name"),
    [(np.packbits, "numpy.packbits"), (np.frompyfunc(abs, 1, 1), "abs")],
)
def test_a_function_without_a_rule_is_named(f, name):
    words = f"got {name} .*under @chainrule.custom_jvp, with a rule under @f.defjvp"
    refuses(cr.MissingRuleError, words, cr.grad(lambda x: np.sum(f(x))), X)


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_and_can_be_given_one(backend):
    """What the message says to do: another library's function, with a rule."""
    cr.config.set_backend(backend)

    @cr.custom_jvp
    def logm(x):
        return scipy.linalg.logm(x).astype(np.float64)

    @logm.defjvp
    def rule(primals, tangents):  # at matrices that commute with their tangent
        (x,), (dx,) = primals, tangents
        return logm(x), dx / np.diagonal(x)

    def total(s):
        return np.sum(logm(np.diag(s)))

    s = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(cr.grad(total)(s), 1 / s)
    np.testing.assert_allclose(cr.jit(cr.grad(total))(s), 1 / s)
    np.testing.assert_allclose(
        cr.vmap(cr.grad(total))(np.stack([s, 2 * s]))[1], 0.5 / s
    )


# -- functions and argument numbers -----------------------------------------------


@pytest.mark.parametrize(
    "verb",
    ["grad", "jit", "vmap", "jacobian", "elementwise_grad", "checkpoint", "custom_jvp"],
)
def test_a_result_in_place_of_its_function(verb):
    words = rf"a function for {verb}, got float64 at .*: write {verb}\(f\)\(x\)"
    refuses(TypeError, words, getattr(cr, verb), np.float64(1.0))


@pytest.mark.parametrize("argnums", ["x", 1.0, None, (0, "y")])
def test_argument_numbers_that_are_none(argnums):
    words = "argnums as an integer or a tuple of integers, got "
    refuses(TypeError, words, cr.grad(np.multiply, argnums=argnums), 1.0, 2.0)


def test_static_argument_numbers_that_are_none():
    words = "static_argnums as an integer or a tuple .*'n'"
    refuses(TypeError, words, lambda: cr.jit(np.sin, static_argnums="n"))


def test_argument_numbers_of_numpy_are_numbers():
    assert cr.grad(np.multiply, argnums=np.int64(1))(3.0, 2.0) == 3.0


# -- indices, branches, joins ------------------------------------------------------


@pytest.mark.parametrize("index", ["a", 0.5, (0, 1j)])
def test_what_is_no_index(index):
    words = "integers, slices, arrays, None or ... as indices, got "
    refuses(IndexError, words, cr.grad(lambda x: x[index]), np.ones((2, 2)))


def test_branches_that_are_no_list():
    words = r"branches of switch as a list, got <ufunc .sin.> at .*\[f, g\]"
    refuses(TypeError, words, cr.switch, 0, np.sin, X)


def test_a_join_that_changes_the_shape():
    words = r"joins arrays of shape \(1,\) to one like them, got \(\)"
    refuses(cr.ShapeError, words, cr.associative_scan, lambda a, b: 1.0, X)


def test_a_product_of_misfits_names_the_shapes_as_they_are():
    words = r"got shapes \(3,\) and \(2,\) at .*the only one"
    refuses(cr.ShapeError, words, cr.jit(lambda x: x @ np.ones(2)), X)


def test_a_seed_that_is_no_number():
    refuses(TypeError, "a whole number as a seed, got 'a'", cr.random.key, "a")
