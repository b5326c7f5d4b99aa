"""Counter-based randomness: a number depends on (seed, name of the draw, index) and on nothing else.

The finaliser is splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Only integer
operations and exact conversions are used, so the numbers are the same on every machine and under every numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3


def splitmix64(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit counters.

    >>> [hex(int(x)) for x in splitmix64(np.array([0, 1], dtype=np.uint64))]
    ['0xe220a8397b1dcdaf', '0x910a2dec89025cc1']
    """
    z = state + np.uint64(_GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@dataclass(frozen=True, slots=True)
class Draws:
    """Named streams of random numbers under one seed; adding a stream never disturbs another."""

    seed: int

    def bits(self, name: str, index: Ints) -> NDArray[np.uint64]:
        """64 random bits for each index."""
        key = splitmix64(np.array([_stream_key(self.seed, name)], dtype=np.uint64))[0]
        return splitmix64(splitmix64(index.astype(np.uint64)) ^ key)

    def uniform(self, name: str, index: Ints) -> Floats:
        """Uniform in [0, 1), a multiple of 2^-53."""
        return (self.bits(name, index) >> np.uint64(11)).astype(np.float64) / 2.0**53

    def chance(self, name: str, index: Ints, probability: float | Floats) -> Flags:
        """True with the given probability."""
        return self.uniform(name, index) < probability

    def bell(self, name: str, index: Ints) -> Floats:
        """Nearly normal, mean 0 and variance 1, within ±3.47: the sum of four 16-bit uniforms."""
        bits = self.bits(name, index)
        lanes = sum((bits >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (0, 16, 32, 48))
        return (np.asarray(lanes).astype(np.float64) / 65536.0 - 2.0 + 2.0 / 65536.0) * 1.7320508075688772

    def below(self, name: str, index: Ints, bound: int) -> Ints:
        """A whole number in 0 … bound - 1."""
        return ((self.bits(name, index) >> np.uint64(32)) * np.uint64(bound) >> np.uint64(32)).astype(np.int64)

    def pick(self, name: str, index: Ints, weights: tuple[int, ...]) -> Ints:
        """The position of a weight, each as often as its share of the weights."""
        bounds = np.cumsum(np.array(weights, dtype=np.int64))
        return np.searchsorted(bounds, self.below(name, index, int(bounds[-1])), side="right").astype(np.int64)


def _stream_key(seed: int, name: str) -> int:
    """FNV-1a of the stream's name, offset by the seed."""
    value = _FNV_OFFSET
    for byte in name.encode():
        value = ((value ^ byte) * _FNV_PRIME) & _MASK
    return (value + seed * _GOLDEN) & _MASK
