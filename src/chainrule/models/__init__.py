"""Models, under Keras's names."""

from chainrule.models.errors import DivergenceError as DivergenceError
from chainrule.models.model import Model as Model
from chainrule.models.sequential import Sequential as Sequential

__all__ = ["DivergenceError", "Model", "Sequential"]
