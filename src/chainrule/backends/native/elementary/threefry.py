"""Threefry-2x32 with 20 rounds, in registers.

J. Salmon, M. Moraes, R. Dror and D. Shaw, Parallel random numbers: as easy as 1, 2, 3,
SC 2011.
"""

from __future__ import annotations

from chainrule.backends.native.ir import Function, Value, const

ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
GROUPS = 5


def emit_threefry(
    f: Function, k0: Value, k1: Value, c0: Value, c1: Value
) -> tuple[Value, Value]:
    """Random bits of a key and a counter, each two words: ``i32``, scalar or vector."""
    k2 = f.bit_xor(f.bit_xor(k0, k1), const(k0.type, PARITY))
    keys = (k0, k1, k2)
    x0, x1 = f.add(c0, k0), f.add(c1, k1)
    for group in range(GROUPS):
        for rotation in ROTATIONS[group % 2]:
            x0 = f.add(x0, x1)
            turned = f.intrinsic("fshl", x1.type, x1, x1, const(x1.type, rotation))
            x1 = f.bit_xor(turned, x0)
        injected = f.add(keys[(group + 2) % 3], const(k0.type, group + 1))
        x0 = f.add(x0, keys[(group + 1) % 3])
        x1 = f.add(x1, injected)
    return x0, x1
