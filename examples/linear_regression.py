"""Linear regression by gradient descent: once by hand, once by `grad`.

Fits y = w x + b to four points that lie on y = 2 x. Run: python linear_regression.py
"""

import numpy as np

import chainrule as cr

X = np.array([1.0, 2.0, 3.0, 4.0])
Y = np.array([2.0, 4.0, 6.0, 8.0])
LEARNING_RATE = 0.01
ITERATIONS = 1000


def loss(w, b):
    """The mean squared error, mean((Y - ŷ)²) with ŷ = w X + b."""
    return np.mean((Y - (w * X + b)) ** 2)


def gradient_by_hand(w, b):
    """The two derivatives of `loss`, from the chain rule on paper.

    dw = mean(2 (Y - ŷ) · d(Y - ŷ)/dw) = -2 mean((Y - ŷ) X). The minus sign comes from
    the inner derivative of Y - ŷ. A widely copied version of this program leaves the
    sign out and still subtracts, so that every step climbs and the error explodes; it
    also multiplies arrays whose shapes do not fit, and so stops before it gets there.
    """
    error = Y - (w * X + b)
    dw = -2 * np.mean(error * X)
    db = -2 * np.mean(error)
    return dw, db


# The same two derivatives, from the function itself.
gradient_by_grad = cr.grad(loss, argnums=(0, 1))


def descend(gradient):
    """Walk downhill from w = b = 0, printing every hundredth step."""
    w, b = 0.0, 0.0
    for iteration in range(1, ITERATIONS + 1):
        dw, db = gradient(w, b)
        w = w - LEARNING_RATE * dw
        b = b - LEARNING_RATE * db
        if iteration % 100 == 0:
            print(f"{iteration:9d}   {w:.8f}   {b:.8f}   {loss(w, b):.3e}")
    return w, b


def main():
    found = []
    for name, gradient in (
        ("by hand", gradient_by_hand),
        ("by grad", gradient_by_grad),
    ):
        print(f"\nGradient {name}\niteration   w            b            loss")
        found.append(descend(gradient))

    difference = np.max(np.abs(np.subtract(*found)))
    w, b = found[-1]
    print(f"\ny = {w:.4f} x + {b:.4f}; the two ways differ by {difference:.1e}")
    if difference > 1e-12:
        raise SystemExit("The two gradients disagree: one of them is wrong.")


if __name__ == "__main__":
    main()
