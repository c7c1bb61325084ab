"""NRRD files with headers made to order."""

import numpy as np

NUMBERS = np.arange(24, dtype="<i2")
BODY = NUMBERS.tobytes()
FIELDS = {
    "type": "short",
    "dimension": "3",
    "sizes": "2 3 4",
    "encoding": "raw",
    "endian": "little",
    "space": "right-anterior-superior",
    "space directions": "(1,0,0) (0,2,0) (0,0,3)",
    "space origin": "(5,-4,6)",
}


def write(path, body=BODY, magic="NRRD0004", more="", **changes):
    """A file with a header of `FIELDS`, blanks of names written as underscores; None leaves a field out."""
    fields = FIELDS | {name.replace("_", " "): value for name, value in changes.items()}
    lines = [magic, *(f"{name}: {value}" for name, value in fields.items() if value is not None)]
    path.write_bytes(("\n".join(lines) + "\n" + more + "\n").encode() + body)
    return path
