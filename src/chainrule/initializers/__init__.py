"""Initializers: first values of weights, under Keras's names."""

from chainrule.initializers.constants import Constant as Constant
from chainrule.initializers.constants import Constant as constant
from chainrule.initializers.constants import Initializer as Initializer
from chainrule.initializers.constants import Ones as Ones
from chainrule.initializers.constants import Ones as ones
from chainrule.initializers.constants import Zeros as Zeros
from chainrule.initializers.constants import Zeros as zeros
from chainrule.initializers.distributions import RandomNormal as RandomNormal
from chainrule.initializers.distributions import RandomNormal as random_normal
from chainrule.initializers.distributions import RandomUniform as RandomUniform
from chainrule.initializers.distributions import RandomUniform as random_uniform
from chainrule.initializers.distributions import TruncatedNormal as TruncatedNormal
from chainrule.initializers.distributions import TruncatedNormal as truncated_normal
from chainrule.initializers.distributions import VarianceScaling as VarianceScaling
from chainrule.initializers.distributions import VarianceScaling as variance_scaling
from chainrule.initializers.registry import get as get
from chainrule.initializers.scaled import GlorotNormal as GlorotNormal
from chainrule.initializers.scaled import GlorotNormal as glorot_normal
from chainrule.initializers.scaled import GlorotUniform as GlorotUniform
from chainrule.initializers.scaled import GlorotUniform as glorot_uniform
from chainrule.initializers.scaled import HeNormal as HeNormal
from chainrule.initializers.scaled import HeNormal as he_normal
from chainrule.initializers.scaled import HeUniform as HeUniform
from chainrule.initializers.scaled import HeUniform as he_uniform
from chainrule.initializers.scaled import LecunNormal as LecunNormal
from chainrule.initializers.scaled import LecunNormal as lecun_normal
from chainrule.initializers.scaled import LecunUniform as LecunUniform
from chainrule.initializers.scaled import LecunUniform as lecun_uniform

__all__ = [
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "random_normal",
    "random_uniform",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]
