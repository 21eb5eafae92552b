"""The shipped MNIST is the published one, byte for byte."""

import hashlib
import struct

import numpy as np
import pytest

from chainrule.datasets import mnist

# The SHA-256 sums of the four uncompressed IDX files as published.
PUBLISHED = {
    "train images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "test images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "test labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def idx(array: np.ndarray) -> bytes:
    """The array as an IDX file: magic number (0, 0, ubyte, ndim), sizes, bytes."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    values = x_train, y_train, x_test, y_test
    return dict(zip(PUBLISHED, values, strict=True))


@pytest.mark.parametrize("name", PUBLISHED)
def test_content_has_the_published_checksum(arrays, name):
    assert hashlib.sha256(idx(arrays[name])).hexdigest() == PUBLISHED[name]


def test_shapes_and_types_are_keras_s(arrays):
    assert [a.shape for a in arrays.values()] == [
        (60000, 28, 28),
        (60000,),
        (10000, 28, 28),
        (10000,),
    ]
    assert {a.dtype for a in arrays.values()} == {np.dtype(np.uint8)}
    assert all(a.flags.writeable and a.flags.c_contiguous for a in arrays.values())


def test_the_licence_lies_beside_the_data():
    text = mnist.PATH.with_name("mnist.LICENSE.md").read_text(encoding="utf-8")
    for word in ("CC BY-SA 3.0", "LeCun", "Cortes", "Burges"):
        assert word in text


def test_a_missing_file_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(mnist, "PATH", tmp_path / "mnist.npz")
    with pytest.raises(FileNotFoundError, match=r"expected at .*, and none"):
        mnist.load_data()
