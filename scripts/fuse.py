"""Fuse two registered images of one patient into one, by a classical method.

By hand, two images become one. With --cases, every case of a shard becomes FUSED/<case>.png in the shard folder OUTPUT.
A is the first image, B the second: methods that are not symmetric depend on the order. Colour images become grey first.

for example:
  python scripts/fuse.py --method LP --a mri.png --b ct.png --output fused.png
  python scripts/fuse.py --list
  python scripts/fuse.py --method LP --a-role MR --b-role CT --cases converted/0of2/cases.tsv --output fused/LP/0of2
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuseflow import command, stage
from fuseflow.errors import InputError, Refused
from fuseflow.files import check_not_input, write_bytes
from fuseflow.flat import Pixels
from fuseflow.formats.png import read_png_file, write_png
from fuseflow.fusion.method import Method, fuse
from fuseflow.fusion.registry import METHODS
from fuseflow.grey import POLICIES, to_grey


@dataclass(frozen=True, kw_only=True)
class Fuse:
    """Fuse two roles of a case."""

    method: Method
    a: str
    b: str
    grey: str

    def __call__(self, images: dict[str, Pixels]) -> dict[str, Pixels]:
        """The fused image, uint8, as the role FUSED."""
        return {"FUSED": fuse(self.method, to_grey(images[self.a], self.grey), to_grey(images[self.b], self.grey))}


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--method", metavar="NAME", help="fusion method; see --list")
    parser.add_argument("--list", action="store_true", help="list the methods and stop")
    parser.add_argument(
        "--grey", choices=sorted(POLICIES), default="luma", help="how colour becomes grey (default: luma)"
    )
    parser.add_argument("--a", type=Path, metavar="IMAGE", help="first image")
    parser.add_argument("--b", type=Path, metavar="IMAGE", help="second image")
    parser.add_argument("--a-role", metavar="ROLE", help="role of the first image, with --cases")
    parser.add_argument("--b-role", metavar="ROLE", help="role of the second image, with --cases")
    parser.add_argument("--output", type=Path, metavar="PATH", help="the fused image, or with --cases the shard folder")
    stage.add_arguments(parser)
    return parser


def list_methods() -> int:
    """Print every method: name, title, paper."""
    for name in METHODS.names():
        method: Any = METHODS.load(name)
        print(f"{method.name:10} {method.title} - {method.source}")
    return command.DONE


def fuse_by_hand(function: Fuse, arguments: argparse.Namespace) -> int:
    """Fuse two image files."""
    check_not_input([arguments.output], [arguments.a, arguments.b])
    try:
        images = {role: read_png_file(getattr(arguments, role)) for role in ("a", "b")}
        write_bytes(arguments.output, write_png(function(images)["FUSED"]))
    except Refused as refusal:
        raise InputError(f"{arguments.a} and {arguments.b} cannot be fused: {refusal.detail}") from None
    return command.DONE


def main(arguments: argparse.Namespace) -> int:
    """Fuse by hand or a shard."""
    if arguments.list:
        return list_methods()
    if not arguments.method or not arguments.output:
        raise InputError("--method and --output are needed; --list shows the methods")
    method = METHODS.load(arguments.method)
    if arguments.cases is None:
        if not arguments.a or not arguments.b:
            raise InputError("give --a and --b, or --cases with --a-role and --b-role")
        return fuse_by_hand(Fuse(method=method, a="a", b="b", grey=arguments.grey), arguments)
    if not arguments.a_role or not arguments.b_role or arguments.a or arguments.b:
        raise InputError("--cases goes with --a-role and --b-role")
    function = Fuse(method=method, a=arguments.a_role, b=arguments.b_role, grey=arguments.grey)
    return stage.run_shard(
        stage.Stage(
            name="fuse",
            load=stage.LoadImages((function.a, function.b)),
            function=function,
            parameters={
                "method": method.name,
                "a": function.a,
                "b": function.b,
                "grey": function.grey,
                **dict(method.parameters),
            },
            code=("fuse", METHODS.module(method.name)),
        ),
        arguments,
    )


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
