"""NumPy's functions for traced values. To import this room is to teach them."""

from chainrule.numpy import contraction as contraction
from chainrule.numpy import creation as creation
from chainrule.numpy import elementwise as elementwise
from chainrule.numpy import indexing as indexing
from chainrule.numpy import linear_algebra as linear_algebra
from chainrule.numpy import rearrange as rearrange
from chainrule.numpy import reduction as reduction
from chainrule.numpy import selection as selection
from chainrule.numpy import structure as structure
