"""Random numbers without state: a key and a place give the number."""

from chainrule.random.draw import bernoulli as bernoulli
from chainrule.random.draw import bits as bits
from chainrule.random.draw import normal as normal
from chainrule.random.draw import permutation as permutation
from chainrule.random.draw import randint as randint
from chainrule.random.draw import uniform as uniform
from chainrule.random.keys import fold_in as fold_in
from chainrule.random.keys import key as key
from chainrule.random.keys import split as split
