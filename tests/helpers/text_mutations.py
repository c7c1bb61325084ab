"""Seeded ways to damage headers that are text: other words, lines that contradict others, lines left out or twice."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from byte_mutations import Random, flipped_bits

WORDS = ("-1", "0", "1e308", "nan", "99999999999", "", "4294967296", "../../../etc/passwd", "/etc/passwd", "x" * 5000)
LINE = re.compile(rb"^[A-Za-z ]+(?:=|:) ?(.*)$", re.MULTILINE)
HEADER = 2000
"""Bytes of a file that are looked at."""

METAIMAGE = {
    "BinaryData": ("False", "True"),
    "BinaryDataByteOrderMSB": ("True", "False", "0", "yes"),
    "ElementByteOrderMSB": ("True", "False"),
    "CompressedData": ("True", "False"),
    "CompressedDataSize": ("10", "0", "100000"),
    "HeaderSize": ("0", "-1", "1", "300"),
    "NDims": ("2", "4"),
    "DimSize": ("5 6 7", "7 6 4", "7 6 6", "7 6", "7 6 5 1", "210 1 1"),
    "TransformMatrix": ("1 0 0 0 1 0 0 0 -1", "0 1 0 1 0 0 0 0 1", "1 0 0 0 1 0 0 0.5 1", "1 0 0 0 1 0 0 0 0", "1 0 0"),
    "Rotation": ("0 1 0 1 0 0 0 0 1",),
    "Offset": ("1 2 3", "1e300 0 0", "1 2"),
    "Position": ("7 8 9",),
    "ElementSpacing": ("1 1 1", "-1 2 3", "0 1 1", "1 2", "3"),
    "ElementSize": ("1 1 1", "4 4 4"),
    "ElementType": ("MET_USHORT", "MET_CHAR", "MET_FLOAT", "MET_LONG", "MET_SHORT_ARRAY", "short"),
    "ElementNumberOfChannels": ("2", "3", "0"),
    "AnatomicalOrientation": ("LPS", "RAI", "ASL"),
    "DistanceUnits": ("um", "cm", "inch"),
    "CenterOfRotation": ("5 5 5",),
    "ElementToIntensityFunctionSlope": ("2",),
    "ObjectType": ("Mesh",),
    "ElementDataFile": ("a.raw", "LOCAL", "LIST", "b.raw", "%d.raw 0 4 1", "a.raw 2"),
}
NRRD = {
    "type": ("ushort", "signed char", "float", "int", "short int", "block"),
    "dimension": ("2", "4"),
    "sizes": ("5 6 7", "7 6 4", "7 6 6", "7 6", "210 1 1"),
    "space": ("left-posterior-superior", "RAS", "scanner-xyz", "3D-right-handed", "LPST"),
    "space dimension": ("3", "2"),
    "space directions": (
        "(1,0,0) (0,1,0) (0,0,1)", "(0,1,0) (1,0,0) (0,0,1)", "(1,0,0) (0,1,0) none", "(1,0,0) (1,0,0) (0,0,1)",
    ),
    "space origin": ("(1,2,3)", "(1,2)", "(nan,0,0)"),
    "space units": ('"cm" "cm" "cm"', '"mm" "cm" "mm"'),
    "spacings": ("1 2 3", "nan nan nan", "0 1 1"),
    "kinds": ("domain domain domain", "list domain domain", "vector domain domain", "domain domain list"),
    "labels": ('"x" "y" "z"',),
    "measurement frame": ("(1,0,0) (0,1,0) (0,0,-1)",),
    "encoding": ("raw", "gzip", "ascii", "hex", "text", "bz2"),
    "endian": ("big", "little", "middle"),
    "line skip": ("0", "1", "-1"),
    "byte skip": ("0", "-1", "2", "-2"),
    "data file": ("a.raw", "LIST", "LIST 2", "%d.raw 0 4 1", "%d.raw 0 4 1 2"),
    "axis mins": ("0 0 0",),
    "centerings": ("cell cell cell", "node node node"),
    "old min": ("5",),
}  # fmt: skip
AXES = {
    "axes": (
        ["z", "y", "x"], ["y", "x", "z"], ["x", "y"], ["x", "y", "time"], ["x", "y", "channel"],
        ["time", "x", "y", "z"], ["x", "y", "z", "channel"], ["x", "x", "z"], "xyz", ["x", "y", "z", "t", "u"],
    ),
    "spacing": ([3, 2, 1], [1, 2], [0, 1, 1], [-1, 1, 1], ["1", "2", "3"], [True, 1, 1], 2, [1e308, 1, 1]),
    "affine": ([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], [[1, 0], [0, 1]], None, "identity"),
    "geometry": ("world", "spacing", "unknown", "elsewhere"),
    "fourth_axis": ({"step": 2, "unit": "s"}, {"step": "2"}, 7),
}  # fmt: skip
"""Field -> values that could stand there, many of which contradict the rest of the file."""


def other_word(data: bytes, random: Random) -> bytes:
    """An absurd value of one line ``key = value`` or ``key: value``, or of a word in it."""
    line = _line(data, random)
    if line is None:
        return flipped_bits(data, random)
    word = random.choice(WORDS).encode()
    if random.random() < 0.5 and line[1]:
        parts = line[1].split(b" ")
        parts[random.integers(len(parts))] = word
        word = b" ".join(parts)
    return data[: line.start(1)] + word + data[line.end(1) :]


def other_lines(data: bytes, random: Random) -> bytes:
    """A line left out, or twice with another order of its words."""
    line = _line(data, random)
    if line is None:
        return flipped_bits(data, random)
    whole = line[0] + b"\n"
    if random.random() < 0.5:
        return data.replace(whole, b"", 1)
    words = line[1].split(b" ")
    random.shuffle(words)
    turned = line[0].removesuffix(line[1]) + b" ".join(words) + b"\n"
    return data.replace(whole, turned if random.random() < 0.5 else whole + turned, 1)


def _line(data: bytes, random: Random) -> re.Match[bytes] | None:
    lines = list(LINE.finditer(data[:HEADER]))
    return lines[random.integers(len(lines))] if lines else None


def _field(data: bytes, random: Random, *, values: Mapping[str, Sequence[str]], separator: str) -> bytes:
    """Another value of a field, in its line or, if it has none, in a new second line."""
    name = list(values)[random.integers(len(values))]
    value = values[name][random.integers(len(values[name]))]
    new = f"{name}{separator}{value}".encode()
    found = re.search(rb"^" + re.escape(name.encode()) + rb" ?[=:].*$", data[:HEADER], re.MULTILINE)
    if found:
        return data[: found.start()] + new + data[found.end() :]
    first, newline, rest = data.partition(b"\n")
    return first + newline + new + b"\n" + rest


def metaimage_field(data: bytes, random: Random) -> bytes:
    """Another value of a field of MetaImage that could stand there."""
    return _field(data, random, values=METAIMAGE, separator=" = ")


def nrrd_field(data: bytes, random: Random) -> bytes:
    """Another value of a field of NRRD that could stand there."""
    return _field(data, random, values=NRRD, separator=": ")


def axes_field(data: bytes, random: Random) -> bytes:
    """Another value of a field of the sidecar of an array, or none."""
    try:
        content = json.loads(data)
    except ValueError:
        return flipped_bits(data, random)
    name = list(AXES)[random.integers(len(AXES))]
    content[name] = AXES[name][random.integers(len(AXES[name]))]
    if random.random() < 0.2:
        del content[name]
    return json.dumps(content).encode()
