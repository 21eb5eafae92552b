"""Small helpers under Keras's names."""

from chainrule._names import forget_names as clear_session
from chainrule.utils.categorical import to_categorical as to_categorical
from chainrule.utils.seeding import set_random_seed as set_random_seed

__all__ = ["clear_session", "set_random_seed", "to_categorical"]
