"""The same numbers in other places: views that NumPy code passes on every day."""

import numpy as np


def backwards(x):
    """A view with negative strides."""
    ends = (..., *(np.s_[::-1],) * x.ndim)
    return x[ends].copy()[ends]


def with_gaps(x):
    """Every second element of a larger array, along each axis."""
    larger = np.full(tuple([2 * n for n in x.shape]), 7).astype(x.dtype)
    view = larger[(..., *(np.s_[::2],) * x.ndim)]
    view[...] = x
    return view


def by_columns(x):
    """Fortran's order: the first axis runs fastest."""
    return np.array(x, order="F")


def off_the_line(x):
    """At an address that is no multiple of the size of an element."""
    places = np.zeros(x.nbytes + 1, np.uint8)[1:]
    view = places.view(x.dtype) if x.size else np.empty(0, x.dtype)
    view = view.reshape(x.shape)
    view[...] = x
    return view


LAYOUTS = (backwards, with_gaps, by_columns, off_the_line)
"""Views of the same numbers."""


def repeated(x):
    """The first row in the place of each: stride 0, and not to be written to."""
    return np.broadcast_to(x[:1], x.shape) if x.ndim and x.size else x


def contiguous(x):
    """The same numbers one after the other, in memory of their own."""
    return np.array(x, order="C")


def outcome(function, *arguments):
    """What a function gives, as arrays, or the kind of error that it raises.

    Repeated rows make singular matrices, of which there is no decomposition.
    """
    try:
        with np.errstate(all="ignore"):
            return [None if y is None else np.asarray(y) for y in function(*arguments)]
    except (np.linalg.LinAlgError, ValueError, ZeroDivisionError) as error:
        return type(error)
