"""Minima, least squares, roots and fixed points, differentiable as solutions."""

from chainrule.solvers.convergence import ConvergenceError as ConvergenceError
from chainrule.solvers.convergence import ConvergenceWarning as ConvergenceWarning
from chainrule.solvers.fitting import least_squares as least_squares
from chainrule.solvers.minimizing import minimize as minimize
from chainrule.solvers.roots import fixed_point as fixed_point
from chainrule.solvers.roots import root as root
