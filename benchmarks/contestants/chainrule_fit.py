"""This library, by the names that its users write."""

from workloads import Data, Work

import chainrule
from contestants.keras_fit import Trainer


def prepare(work: Work, data: Data, threads: int) -> Trainer:
    """``compile`` and ``fit``, nothing set but the number of threads."""
    chainrule.config.set_num_threads(threads)
    return Trainer(chainrule, work, data)
