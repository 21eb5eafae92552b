"""What the tests of the book share: every record, drawn as the book's examples are."""

import numpy as np

from chainrule.explain.samples import domains as domains
from chainrule.explain.samples import draw as draw
from chainrule.explain.samples import kinds as kinds
from chainrule.numpy import late

late.load_all()

FLOATS = (np.float32, np.float64)
