"""chainrule: plain NumPy in, derivatives out, trained at the speed of the machine.

The calculus loads at once; the networks, by Keras's names, when first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from chainrule import config as config
from chainrule._version import __version__ as __version__
from chainrule.calculus import elementwise_grad as elementwise_grad
from chainrule.calculus import fori_loop as fori_loop
from chainrule.calculus import grad as grad
from chainrule.calculus import jit as jit
from chainrule.calculus import jvp as jvp
from chainrule.calculus import linearize as linearize
from chainrule.calculus import make_program as make_program
from chainrule.calculus import scan as scan
from chainrule.calculus import show as show
from chainrule.calculus import stop_gradient as stop_gradient
from chainrule.calculus import value_and_grad as value_and_grad
from chainrule.calculus import vjp as vjp

if TYPE_CHECKING:
    # What loads on first use, for editors and type checkers.
    from chainrule import activations as activations
    from chainrule import callbacks as callbacks
    from chainrule import datasets as datasets
    from chainrule import initializers as initializers
    from chainrule import layers as layers
    from chainrule import losses as losses
    from chainrule import metrics as metrics
    from chainrule import models as models
    from chainrule import numpy as numpy
    from chainrule import optimizers as optimizers
    from chainrule import random as random
    from chainrule import solvers as solvers
    from chainrule import special as special
    from chainrule import stats as stats
    from chainrule import utils as utils
    from chainrule.calculus.check import check_grads as check_grads
    from chainrule.calculus.checkpoints import checkpoint as checkpoint
    from chainrule.calculus.control import associative_scan as associative_scan
    from chainrule.calculus.control import cond as cond
    from chainrule.calculus.control import map as map
    from chainrule.calculus.control import switch as switch
    from chainrule.calculus.control import while_loop as while_loop
    from chainrule.calculus.custom import custom_jvp as custom_jvp
    from chainrule.calculus.custom import custom_vjp as custom_vjp
    from chainrule.calculus.matrices import hessian as hessian
    from chainrule.calculus.matrices import jacfwd as jacfwd
    from chainrule.calculus.matrices import jacobian as jacobian
    from chainrule.calculus.matrices import jacrev as jacrev
    from chainrule.calculus.products import ggnvp as ggnvp
    from chainrule.calculus.products import hvp as hvp
    from chainrule.calculus.vmap import vmap as vmap
    from chainrule.core.errors import EscapedTracerError as EscapedTracerError
    from chainrule.core.errors import MissingRuleError as MissingRuleError
    from chainrule.core.errors import ShapeError as ShapeError
    from chainrule.core.errors import TracerError as TracerError
    from chainrule.layers import Input as Input
    from chainrule.models import Model as Model
    from chainrule.models import Sequential as Sequential
    from chainrule.solvers import fixed_point as fixed_point
    from chainrule.solvers import least_squares as least_squares
    from chainrule.solvers import minimize as minimize
    from chainrule.solvers import root as root

_ROOMS = (
    "activations",
    "callbacks",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "numpy",
    "optimizers",
    "random",
    "solvers",
    "special",
    "stats",
    "utils",
)
_ERRORS = ("EscapedTracerError", "MissingRuleError", "ShapeError", "TracerError")
_SOLVERS = ("fixed_point", "least_squares", "minimize", "root")
_CONTROL = ("associative_scan", "cond", "map", "switch", "while_loop")
_MATRICES = ("hessian", "jacfwd", "jacobian", "jacrev")
_HOMES = {
    **dict.fromkeys(_ERRORS, "core.errors"),
    **dict.fromkeys(_SOLVERS, "solvers"),
    **dict.fromkeys(_CONTROL, "calculus.control"),
    **dict.fromkeys(_MATRICES, "calculus.matrices"),
    "Input": "layers",
    "Model": "models",
    "Sequential": "models",
    "check_grads": "calculus.check",
    "checkpoint": "calculus.checkpoints",
    "custom_jvp": "calculus.custom",
    "custom_vjp": "calculus.custom",
    "ggnvp": "calculus.products",
    "hvp": "calculus.products",
    "vmap": "calculus.vmap",
}
_TOOLS = {"Any", "TYPE_CHECKING", "annotations", "importlib"}


def __getattr__(name: str) -> Any:
    """Load a room, or a name that has its home in one, on first use."""
    if name in _ROOMS:
        return importlib.import_module(f"chainrule.{name}")
    if name in _HOMES:
        room = importlib.import_module(f"chainrule.{_HOMES[name]}")
        return getattr(room, name)
    if name.startswith("_"):
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    public = [known for known in __dir__() if not known.startswith("_")]
    names = importlib.import_module("chainrule._parameters")
    raise AttributeError(names.did_you_mean("name in chainrule", name, public))


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_HOMES} - _TOOLS)
