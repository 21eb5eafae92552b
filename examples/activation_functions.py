"""Four activation functions and their derivatives, drawn 2 by 2.

The derivatives are not typed in: `jvp` and `jacobian` take them from the functions.
Run: python activation_functions.py (writes activation_functions.png)
"""

import matplotlib.pyplot as plt
import numpy as np

import chainrule as cr
from chainrule import activations

BLUE, ORANGE = "#2563eb", "#ea580c"
CURVES = {
    "Sigmoid": (activations.sigmoid, r"$\sigma(x) = 1 / (1 + e^{-x})$"),
    "Tanh": (activations.tanh, r"$\tanh x$"),
    "ReLU": (activations.relu, r"$\max(x, 0)$"),
}
LOGITS = np.array([-1.0, 0.0, 1.0, 2.0, 3.0])


def value_and_derivative(function, x):
    """f(x) and f'(x) at every point: one forward pass along the direction of ones."""
    return cr.jvp(function, (x,), (np.ones_like(x),))


def draw_curve(axes, title, function, formula):
    x = np.linspace(-10, 10, 1001)
    y, dy = value_and_derivative(function, x)
    axes.plot(x, y, color=BLUE, linewidth=2, label=formula)
    axes.plot(x, dy, color=ORANGE, linewidth=2, linestyle="--", label="derivative")
    axes.set(title=title, xlabel="x", xlim=(-10, 10), xticks=range(-10, 11, 5))


def draw_softmax(axes):
    y = activations.softmax(LOGITS)
    # Row i, column j of the Jacobian is dy_i/dx_j; its diagonal is y_i (1 - y_i).
    dy = np.diag(cr.jacobian(activations.softmax)(LOGITS))
    formula = r"$y_i = e^{x_i} / \Sigma_j\, e^{x_j}$"
    axes.bar(LOGITS - 0.2, y, width=0.38, color=BLUE, label=formula)
    label = r"derivative $\partial y_i / \partial x_i$"
    axes.bar(LOGITS + 0.2, dy, width=0.38, color=ORANGE, label=label)
    axes.set(title="Softmax", xlabel="x", xticks=LOGITS)


def main():
    figure, grid = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
    for axes, (title, curve) in zip(grid.flat, CURVES.items(), strict=False):
        draw_curve(axes, title, *curve)
    draw_softmax(grid[1, 1])

    for axes in grid.flat:
        axes.grid(alpha=0.25)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="upper left")
    figure.savefig("activation_functions.png", dpi=150)
    print("wrote activation_functions.png")
    if plt.get_backend().lower() != "agg":
        plt.show()


if __name__ == "__main__":
    main()
