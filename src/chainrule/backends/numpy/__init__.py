"""The NumPy backend: the definition of what a program means."""

from chainrule.backends.numpy.execute import BACKEND as BACKEND
