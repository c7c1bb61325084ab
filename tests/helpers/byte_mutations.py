"""Seeded ways to damage any file: cut, bits turned, parts overwritten or repeated, absurd numbers."""

from __future__ import annotations

import struct

import numpy as np

Random = np.random.Generator

ABSURD = (0, 1, -1, 2**15 - 1, 2**16 - 1, 2**31 - 1, -(2**31), 2**32 - 1)


def truncated(data: bytes, random: Random) -> bytes:
    """The beginning, often nearly all of it."""
    if random.random() < 0.5:
        return data[: random.integers(len(data))]
    return data[: -int(random.integers(1, min(len(data), 40)))]


def flipped_bits(data: bytes, random: Random) -> bytes:
    """One to eight bits turned, half of the time near the beginning."""
    changed = bytearray(data)
    # headers come first and matter most
    reach = len(data) if random.random() < 0.5 else min(len(data), 400)
    for place in random.integers(reach, size=random.integers(1, 9)):
        changed[place] ^= 1 << random.integers(8)
    return bytes(changed)


def overwritten(data: bytes, random: Random) -> bytes:
    """A stretch of zeros, ones or letters, as long as what was there, longer or shorter."""
    start = int(random.integers(len(data)))
    filler = random.choice([b"\xff", b"\x00", b"A"])
    length = int(random.integers(1, 40))
    return data[:start] + filler * length + data[start + int(random.choice([length, 40, 0])) :]


def absurd_number(data: bytes, random: Random) -> bytes:
    """A number of two or four bytes at the limits of its type, in the first 600 bytes."""
    width, order = random.choice([2, 4]), random.choice(["<", ">"])
    place = int(random.integers(max(1, min(len(data) - 4, 600))))
    number = int(random.choice(ABSURD)) % 2 ** (8 * width)
    return data[:place] + struct.pack(f"{order}{'H' if width == 2 else 'I'}", number) + data[place + width :]


def repeated(data: bytes, random: Random) -> bytes:
    """A stretch that stands there twice."""
    start, end = sorted(int(place) for place in random.integers(len(data) + 1, size=2))
    return data[:end] + data[start:]


def with_surplus(data: bytes, random: Random) -> bytes:
    """More bytes behind the end."""
    return data + bytes(random.integers(256, size=random.integers(1, 30), dtype=np.uint8))


GENERAL = (truncated, flipped_bits, overwritten, absurd_number, repeated, with_surplus)
