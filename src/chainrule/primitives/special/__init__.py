"""Records of special functions, a file for each family; loaded when first needed."""

from chainrule.primitives.special import bessel as bessel
from chainrule.primitives.special import counts as counts
from chainrule.primitives.special import error as error
from chainrule.primitives.special import gamma as gamma
from chainrule.primitives.special import incomplete as incomplete
from chainrule.primitives.special import integrals as integrals
from chainrule.primitives.special import student as student
