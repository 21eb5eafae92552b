"""Densities and distribution functions that differentiate, by SciPy's names.

``norm.logpdf(x, loc=0, scale=1)`` and its kin are compositions of NumPy's functions and
``chainrule.special``: for arrays and traced values, by every parameter that moves.
"""

from chainrule.stats.continuous import beta as beta
from chainrule.stats.continuous import cauchy as cauchy
from chainrule.stats.continuous import chi2 as chi2
from chainrule.stats.continuous import expon as expon
from chainrule.stats.continuous import f as f
from chainrule.stats.continuous import gamma as gamma
from chainrule.stats.continuous import gumbel_r as gumbel_r
from chainrule.stats.continuous import halfnorm as halfnorm
from chainrule.stats.continuous import laplace as laplace
from chainrule.stats.continuous import logistic as logistic
from chainrule.stats.continuous import lognorm as lognorm
from chainrule.stats.continuous import norm as norm
from chainrule.stats.continuous import pareto as pareto
from chainrule.stats.continuous import t as t
from chainrule.stats.continuous import truncnorm as truncnorm
from chainrule.stats.continuous import uniform as uniform
from chainrule.stats.continuous import weibull_min as weibull_min
from chainrule.stats.discrete import bernoulli as bernoulli
from chainrule.stats.discrete import binom as binom
from chainrule.stats.discrete import geom as geom
from chainrule.stats.discrete import nbinom as nbinom
from chainrule.stats.discrete import poisson as poisson
from chainrule.stats.multivariate import dirichlet as dirichlet
from chainrule.stats.multivariate import multivariate_normal as multivariate_normal
