"""Branches, searches, and loops made of loops; by the names of ``jax.lax``."""

from chainrule.calculus.control.branches import cond as cond
from chainrule.calculus.control.branches import switch as switch
from chainrule.calculus.control.mapping import associative_scan as associative_scan
from chainrule.calculus.control.mapping import map as map
from chainrule.calculus.control.while_loop import while_loop as while_loop
from chainrule.transforms.branches import enter as _enter

_enter()
