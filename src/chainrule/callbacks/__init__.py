"""Callbacks, under Keras's names."""

from chainrule.callbacks.callback import Callback as Callback
from chainrule.callbacks.callback import CallbackList as CallbackList
from chainrule.callbacks.early_stopping import EarlyStopping as EarlyStopping
from chainrule.callbacks.history import History as History
from chainrule.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from chainrule.callbacks.progress import ProgressBar as ProgressBar

__all__ = [
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "ProgressBar",
]
