"""The verbs: derivatives of any order, and compilation, of ordinary NumPy code."""

# The NumPy room, loaded so that it answers NumPy's functions for traced values.
from chainrule import numpy as numpy
from chainrule.calculus.compile import jit as jit
from chainrule.calculus.constants import stop_gradient as stop_gradient
from chainrule.calculus.forward import jvp as jvp
from chainrule.calculus.forward import linearize as linearize
from chainrule.calculus.loops import fori_loop as fori_loop
from chainrule.calculus.loops import scan as scan
from chainrule.calculus.reverse import elementwise_grad as elementwise_grad
from chainrule.calculus.reverse import grad as grad
from chainrule.calculus.reverse import value_and_grad as value_and_grad
from chainrule.calculus.reverse import vjp as vjp
from chainrule.calculus.show import make_program as make_program
from chainrule.calculus.show import show as show
