"""Optimizers, under Keras's names."""

from chainrule.optimizers.adam import Adam as Adam
from chainrule.optimizers.adam import AdamW as AdamW
from chainrule.optimizers.adaptive import Adagrad as Adagrad
from chainrule.optimizers.adaptive import RMSprop as RMSprop
from chainrule.optimizers.optimizer import Optimizer as Optimizer
from chainrule.optimizers.registry import get as get
from chainrule.optimizers.sgd import SGD as SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "get"]
