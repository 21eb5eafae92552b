"""The comparison with JAX is collected where JAX is installed (the extra ``xla``)."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("jax") else ["test_against_jax.py"]
