"""Special functions for arrays and for traced values, by SciPy's names.

SciPy's ufuncs answer traced values themselves, so here they are SciPy's own; the others
(``logsumexp``, ``softmax``, ``log_softmax``, ``polygamma``, ``multigammaln``) are ours,
and on plain arrays SciPy's.
"""

from __future__ import annotations

from typing import Any

from chainrule.numpy.special import UFUNCS
from chainrule.special.functions import log_softmax as log_softmax
from chainrule.special.functions import logsumexp as logsumexp
from chainrule.special.functions import multigammaln as multigammaln
from chainrule.special.functions import polygamma as polygamma
from chainrule.special.functions import softmax as softmax

_OURS = ("log_softmax", "logsumexp", "multigammaln", "polygamma", "softmax")


def __getattr__(name: str) -> Any:
    """SciPy's function of this name, which is imported with the first of them."""
    if name not in UFUNCS:
        raise AttributeError(
            f"Expected a function that can be differentiated, got {name!r}: "
            "dir(chainrule.special) lists those."
        )
    from scipy import special

    return getattr(special, name)


def __dir__() -> list[str]:
    return sorted((*UFUNCS, *_OURS))
