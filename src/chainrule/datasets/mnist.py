"""MNIST, the 70,000 handwritten digits of every tutorial, read from the package."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).with_name("mnist.npz")
"""The archive that ships with the package; its licence lies beside it."""

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]


def load_data() -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """Load the 60,000 training and 10,000 test digits; nothing is downloaded.

    Shapes:
        x_train: ``(60000, 28, 28)``, y_train: ``(60000,)``,
        x_test: ``(10000, 28, 28)``, y_test: ``(10000,)``;
        all ``uint8``, pixels 0 to 255, labels 0 to 9.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: fresh arrays, the caller's to change.

    Raises:
        FileNotFoundError: The data file is missing from the installed package.

    Examples:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
        >>> x_train.shape, x_train.dtype, y_train[:5].tolist()
        ((60000, 28, 28), dtype('uint8'), [5, 0, 4, 1, 9])

    Reference: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
    document recognition", 1998. Data: CC BY-SA 3.0, LeCun, Cortes and Burges.
    """
    if not PATH.exists():
        raise FileNotFoundError(
            f"MNIST ships inside the package: a file was expected at {PATH}, and none "
            "is there. Install again: pip install --force-reinstall chainrule."
        )
    with np.load(PATH) as arrays:
        train = arrays["x_train"], arrays["y_train"]
        test = arrays["x_test"], arrays["y_test"]
    return train, test
