r"""Initializers that keep the variance of what flows through a layer about constant.

With fan_in inputs and fan_out outputs a weight is drawn with the variance

.. math:: \sigma^2 = \frac{scale}{fan},

where fan is fan_in (LeCun: scale 1, He: scale 2) or their mean (Glorot: scale 1).
"""

from __future__ import annotations

from typing import ClassVar

from chainrule._parameters import Rule
from chainrule.initializers.distributions import SEED, VarianceScaling

__all__ = [
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
]


class GlorotUniform(VarianceScaling):
    r"""Glorot's (Xavier's) uniform numbers: the default of a dense layer.

    .. math:: w \sim \mathcal{U}(-l, l), \qquad l = \sqrt{6 / (fan_{in} + fan_{out})}

    Args:
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> bool(abs(GlorotUniform(seed=1)((3, 3))).max() <= 1)
        True

    References:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward
        neural networks", AISTATS 2010.
    """

    parameters: ClassVar[dict[str, Rule]] = SEED

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed)


class GlorotNormal(VarianceScaling):
    r"""Glorot's (Xavier's) normal numbers, truncated at two standard deviations.

    .. math:: \mathrm{Var}(w) = \frac{2}{fan_{in} + fan_{out}}

    Args:
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> GlorotNormal(seed=1)((3, 4)).shape
        (3, 4)

    References:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward
        neural networks", AISTATS 2010.
    """

    parameters: ClassVar[dict[str, Rule]] = SEED

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


class HeUniform(VarianceScaling):
    r"""He's uniform numbers, for layers with ReLU.

    .. math:: w \sim \mathcal{U}(-l, l), \qquad l = \sqrt{6 / fan_{in}}

    Args:
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> HeUniform(seed=1)((3, 4)).shape
        (3, 4)

    References:
        He et al., "Delving deep into rectifiers", ICCV 2015.
    """

    parameters: ClassVar[dict[str, Rule]] = SEED

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed)


class HeNormal(VarianceScaling):
    r"""He's normal numbers, truncated, for layers with ReLU.

    .. math:: \mathrm{Var}(w) = \frac{2}{fan_{in}}

    Args:
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> HeNormal(seed=1)((3, 4)).shape
        (3, 4)

    References:
        He et al., "Delving deep into rectifiers", ICCV 2015.
    """

    parameters: ClassVar[dict[str, Rule]] = SEED

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


class LecunUniform(VarianceScaling):
    r"""LeCun's uniform numbers.

    .. math:: w \sim \mathcal{U}(-l, l), \qquad l = \sqrt{3 / fan_{in}}

    Args:
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> LecunUniform(seed=1)((3, 4)).shape
        (3, 4)

    References:
        LeCun et al., "Efficient BackProp", 1998.
    """

    parameters: ClassVar[dict[str, Rule]] = SEED

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed)


class LecunNormal(VarianceScaling):
    r"""LeCun's normal numbers, truncated.

    .. math:: \mathrm{Var}(w) = \frac{1}{fan_{in}}

    Args:
        seed: A seed of its own, in place of the global one.

    Examples:
        >>> LecunNormal(seed=1)((3, 4)).shape
        (3, 4)

    References:
        LeCun et al., "Efficient BackProp", 1998.
    """

    parameters: ClassVar[dict[str, Rule]] = SEED

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(1.0, "fan_in", "truncated_normal", seed)
