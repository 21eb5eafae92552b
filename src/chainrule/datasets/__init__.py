"""Data sets that ship with the package, by Keras's names."""

from chainrule.datasets import mnist as mnist
