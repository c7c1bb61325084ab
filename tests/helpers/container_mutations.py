"""Seeded ways to damage containers where they can be damaged without a checksum noticing: gzip, zip, PNG, TIFF, npy."""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Callable

from byte_mutations import Random, absurd_number, flipped_bits, truncated

Way = Callable[[bytes, Random], bytes]

MEMBERS, END = b"PK\x01\x02", b"PK\x05\x06"
MEMBER_FIELDS = {"flags": (8, 2), "method": (10, 2), "crc": (16, 4), "packed": (20, 4), "size": (24, 4), "at": (42, 4)}
END_FIELDS = {"entries": (8, 2), "all": (10, 2), "size": (12, 4), "at": (16, 4), "comment": (20, 2)}
"""Fields of the central directory of a zip archive and of its end: offset and length."""
TIFF_TYPES = (1, 2, 3, 4, 5, 8, 11, 12, 13, 16, 99)
TIFF_TAGS = (254, 255, 258, 259, 262, 266, 274, 277, 278, 284, 317, 320, 338, 339)
NPY_HEADERS = (
    b"{'descr': '<i2', 'fortran_order': False, 'shape': (99999, 99999, 99999), }",
    b"{'descr': '|O', 'fortran_order': False, 'shape': (7, 6, 5), }",
    b"{'descr': '<i2', 'fortran_order': False, 'shape': (-7, 6, 5), }",
    b"{'descr': '<i2', 'fortran_order': 7, 'shape': (7, 6, 5), }",
    b"{'descr': '<f8', 'fortran_order': True, 'shape': (7, 6, 5), }",
    b"{'descr': '<i2', 'shape': (7, 6, 5), }",
    b"{'descr': '>i2', 'fortran_order': True, 'shape': (5, 6, 7), }",
    b"{'descr': '<f2', 'fortran_order': False, 'shape': (7, 6, 5), }",
    b"{'descr': '|b1', 'fortran_order': False, 'shape': (14, 6, 5), }",
    b"{'descr': '<M8[s]', 'fortran_order': False, 'shape': (7, 6), }",
    b"{'descr': '<c8', 'fortran_order': False, 'shape': (7, 6, 1), }",
    b"{'descr': '|S2', 'fortran_order': False, 'shape': (7, 6, 5), }",
    b"{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (7, 6, 5), }",
    b"{'descr': '<i2', 'fortran_order': False, 'shape': (7, 6, 4), }",
    b"{'descr': '<i2', 'fortran_order': False, 'shape': (0, 6, 5), }",
    b"__import__('os').system('touch executed')",
    b"(" * 60,
)


def inside_gzip(way: Way) -> Way:
    """The same damage to what is packed, packed again."""

    def damaged(data: bytes, random: Random) -> bytes:
        try:
            inside = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            return flipped_bits(data, random)
        return gzip.compress(way(inside, random), mtime=0)

    damaged.__name__ = way.__name__
    return damaged


def other_members(data: bytes, random: Random) -> bytes:
    """More gzip members, empty, of a few bytes or damaged ones, or something else behind the last one."""
    more = [gzip.compress(b"", mtime=0), gzip.compress(b"surplus", mtime=0), data, bytes(20), data[:-4], b"\x1f\x8b"]
    found = more[random.integers(len(more))]
    return data + found if random.random() < 0.8 else found + data


def gzip_frame(data: bytes, random: Random) -> bytes:
    """Another checksum, length or flag of a gzip member."""
    changed = bytearray(data)
    place = int(random.choice([2, 3, -1, -4, -5, -8]))
    changed[place] = int(random.integers(256))
    return bytes(changed)


def central_directory(data: bytes, random: Random) -> bytes:
    """Another value of a field of the central directory of a zip archive, or of its end."""
    signature, fields = (MEMBERS, MEMBER_FIELDS) if random.random() < 0.7 else (END, END_FIELDS)
    start = data.rfind(signature)
    if start < 0:
        return flipped_bits(data, random)
    offset, width = list(fields.values())[random.integers(len(fields))]
    place = start + offset
    old = int.from_bytes(data[place : place + width], "little")
    new = int(random.choice([0, 1, old + 1, old - 1, old * 2, 8, 12, 14, 2**31, 2**32 - 1])) % 2 ** (8 * width)
    return data[:place] + new.to_bytes(width, "little") + data[place + width :]


def png_header(data: bytes, random: Random) -> bytes:
    """Another size, depth, colour type or interlacing of a PNG, with the right checksum."""
    body = bytearray(data[16:29])
    place = int(random.choice([0, 3, 4, 7, 8, 9, 12]))
    nearby = [body[place] + 1, body[place] - 1, 1, 2, 3, 4, 6, 16, random.integers(256)]
    body[place] = int(nearby[random.integers(len(nearby))]) % 256
    return data[:16] + bytes(body) + _checksum(b"IHDR", bytes(body)) + data[33:]


def png_chunk(data: bytes, random: Random) -> bytes:
    """One more chunk behind the header of a PNG: transparency, a palette, an orientation, a profile, an animation."""
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([random.integers(12)]) + bytes(6)
    chunks = [
        (b"tRNS", bytes(int(random.choice([1, 2, 6, 16])))),
        (b"PLTE", bytes(range(int(random.choice([3, 4, 48]))))),
        (b"eXIf", exif),
        (b"gAMA", struct.pack(">I", 22727)),
        (b"acTL", struct.pack(">II", int(random.integers(3)), 0)),
        (b"sBIT", b"\x05"),
        (b"ABCD", b"critical"),
    ]
    kind, body = chunks[random.integers(len(chunks))]
    return data[:33] + struct.pack(">I", len(body)) + kind + body + _checksum(kind, body) + data[33:]


def _checksum(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(kind + body))


def tiff_entry(data: bytes, random: Random) -> bytes:
    """Another tag, type, count or value of an entry of the first directory of a TIFF."""
    order = "<" if data[:2] == b"II" else ">"
    if data[2:4] not in (b"*\0", b"\0*"):
        return flipped_bits(data, random)
    start = struct.unpack_from(order + "I", data, 4)[0]
    count = struct.unpack_from(order + "H", data, start)[0]
    place = start + 2 + 12 * int(random.integers(count))
    tag, kind, length, value = struct.unpack_from(order + "HHII", data, place)
    which = random.integers(5)
    if which == 0:
        tag = int(random.choice(TIFF_TAGS))
    elif which == 1:
        kind = int(random.choice(TIFF_TYPES))
    elif which == 2:
        length = int(random.choice([0, 2, length + 1, 2**31]))
    else:
        value = int(random.choice([0, 1, 2, 5, 6, value + 1, max(value, 1) - 1, value * 2, 8, start, len(data), 2**31]))
    entry = struct.pack(order + "HHII", tag, kind, length, value % 2**32)
    return data[:place] + entry + data[place + 12 :]


def tiff_chain(data: bytes, random: Random) -> bytes:
    """A directory that is followed by itself, by another one, or by what is none."""
    order = "<" if data[:2] == b"II" else ">"
    if data[2:4] not in (b"*\0", b"\0*"):
        return flipped_bits(data, random)
    start = struct.unpack_from(order + "I", data, 4)[0]
    place = start + 2 + 12 * struct.unpack_from(order + "H", data, start)[0]
    place = place if random.random() < 0.7 else 4
    target = int(random.choice([start, start + 12, 8, len(data) - 2, len(data), 2**32 - 1, 0]))
    return data[:place] + struct.pack(order + "I", target) + data[place + 4 :]


def npy_header(data: bytes, random: Random) -> bytes:
    """Another header of an array, as long as the one before; also in an archive that is not packed."""
    found = re.search(rb"\{.*?\} *", data[:300])
    if not found:
        return flipped_bits(data, random)
    word = NPY_HEADERS[random.integers(len(NPY_HEADERS))].ljust(len(found[0]))
    return data[: found.start()] + word + data[found.end() :]


def jpeg_segment(data: bytes, random: Random) -> bytes:
    """Another size, depth or number of components of a JPEG frame, or a marker in between."""
    found = re.search(rb"\xff[\xc0-\xc2]\0", data)
    if not found:
        return flipped_bits(data, random)
    if random.random() < 0.3:
        place = int(random.integers(2, len(data)))
        return data[:place] + random.choice([b"\xff\xd9", b"\xff\xd0", b"\xff\xfe\x00\x04AB", b"\xff"]) + data[place:]
    changed = bytearray(data)
    place = found.start() + int(random.choice([4, 5, 6, 7, 8, 9, 11]))
    changed[place] = int(random.choice([0, 1, 2, 3, 12, changed[place] ^ 1, changed[place] + 1 & 255, 255]))
    return bytes(changed)


PACKED = tuple(map(inside_gzip, (flipped_bits, absurd_number, truncated)))
"""General damage to what is in a gzip file."""
