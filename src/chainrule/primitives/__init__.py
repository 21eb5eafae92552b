"""The rule book: one record for each operation, a file for each family."""

from chainrule.primitives import bitwise as bitwise
from chainrule.primitives import comparison as comparison
from chainrule.primitives import complex_numbers as complex_numbers
from chainrule.primitives import control as control
from chainrule.primitives import conversion as conversion
from chainrule.primitives import elementwise as elementwise
from chainrule.primitives import exponential as exponential
from chainrule.primitives import indexing as indexing
from chainrule.primitives import linear_algebra as linear_algebra
from chainrule.primitives import random as random
from chainrule.primitives import reduction as reduction
from chainrule.primitives import rounding as rounding
from chainrule.primitives import slicing as slicing
from chainrule.primitives import structure as structure
from chainrule.primitives import trigonometric as trigonometric
