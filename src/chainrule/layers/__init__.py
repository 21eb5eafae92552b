"""Layers, under Keras's names."""

from chainrule.layers.activation import Activation as Activation
from chainrule.layers.dense import Dense as Dense
from chainrule.layers.dropout import Dropout as Dropout
from chainrule.layers.input import Input as Input
from chainrule.layers.input import InputLayer as InputLayer
from chainrule.layers.input_spec import InputSpec as InputSpec
from chainrule.layers.layer import Layer as Layer
from chainrule.layers.reshaping import Flatten as Flatten
from chainrule.layers.reshaping import Reshape as Reshape
from chainrule.layers.variable import Variable as Variable

__all__ = [
    "Activation",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "InputSpec",
    "Layer",
    "Reshape",
    "Variable",
]
