"""Linear algebra: a record for each factorization, loaded when first needed."""

from chainrule.primitives.linalg import determinants as determinants
from chainrule.primitives.linalg import exponential as exponential
from chainrule.primitives.linalg import factorizations as factorizations
from chainrule.primitives.linalg import singular as singular
from chainrule.primitives.linalg import solving as solving
from chainrule.primitives.linalg import spectra as spectra
