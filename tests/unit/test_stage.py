"""The driver: same bytes for any number of workers, nothing lost, nothing half written."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from fuseflow.cases import Case, CaseFile, Shard, read_cases, read_refused, write_cases
from fuseflow.errors import InputError, Refused
from fuseflow.files import read_json, read_table
from fuseflow.formats.canonical import read_canonical, write_canonical
from fuseflow.formats.nifti import read_nifti
from fuseflow.provenance import SCRIPTS
from fuseflow.stage import LoadImages, LoadVolumes, Stage, read_shard, run_to_folder, run_to_table
from fuseflow.volume import Volume

NUMBER = 23


@dataclass(frozen=True)
class Invert:
    """A stage for these tests: refuses some cases, and does something else if it is told to."""

    bad: tuple[str, ...] = ()

    def __call__(self, images):
        name = str(images["CT"][0, 0])
        if name in self.bad:
            raise Refused("constant", f"CT of {name} is flat")
        return {"CT": ~images["CT"]}


class Die:
    """A stage that ends its process."""

    def __call__(self, _images):
        os._exit(9)


def rows_of(images):
    return [{"case": "", "metric": "first", "value": float(images["CT"][0, 0])}]


@pytest.fixture
def cases(tmp_path):
    folder = tmp_path / "in"
    made = [
        Case(
            f"c{number}",
            "p",
            "",
            (write_canonical(folder, case=f"c{number}", role="CT", image=np.full((3, 4), number, np.uint8)),),
            folder,
        )
        for number in range(NUMBER)
    ]
    write_cases(folder / "cases.tsv", made)
    return read_cases(folder / "cases.tsv")


def stage(function, name="convert") -> Stage:
    return Stage(name=name, load=LoadImages(("CT",)), function=function, parameters={"p": 1}, code=("convert",))


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_bytes_do_not_depend_on_the_number_of_workers(cases, tmp_path):
    for workers in (1, 3):
        run_to_folder(
            stage(Invert(("4", "7"))), cases, output=tmp_path / str(workers), workers=workers, on_refused="report"
        )

    assert tree(tmp_path / "1") == tree(tmp_path / "3")


def test_every_case_is_written_or_refused(cases, tmp_path):
    run_to_folder(stage(Invert(("4", "7"))), cases, output=tmp_path / "out", workers=1, on_refused="report")

    done = [case.id for case in read_cases(tmp_path / "out" / "cases.tsv")]
    refused = read_refused(tmp_path / "out" / "refused.tsv")
    assert sorted(done + [row.case for row in refused]) == sorted(case.id for case in cases)
    assert [(row.case, row.stage, row.reason, row.detail) for row in refused] == [
        ("c4", "convert", "constant", "CT of 4 is flat"),
        ("c7", "convert", "constant", "CT of 7 is flat"),
    ]


def test_shards_together_are_the_whole(cases, tmp_path):
    names = []
    for shard in Shard.all(3):
        part = read_cases(tmp_path / "in" / "cases.tsv", shard)
        run_to_folder(stage(Invert()), part, output=tmp_path / str(shard), workers=1, on_refused="report")
        names += [case.id for case in read_cases(tmp_path / str(shard) / "cases.tsv")]

    assert sorted(names) == sorted(case.id for case in cases)


def test_an_empty_shard_writes_header_only_tables(tmp_path):
    run_to_folder(stage(Invert()), [], output=tmp_path / "out", workers=2, on_refused="report")

    assert read_cases(tmp_path / "out" / "cases.tsv") == []
    assert read_refused(tmp_path / "out" / "refused.tsv") == []


def test_an_older_shard_folder_is_replaced(cases, tmp_path):
    for bad in ("4", "7"):
        run_to_folder(stage(Invert((bad,))), cases, output=tmp_path / "out", workers=1, on_refused="report")

    assert [row.case for row in read_refused(tmp_path / "out" / "refused.tsv")] == ["c7"]
    assert not (tmp_path / "out" / "CT" / "c7.png").exists()


@pytest.mark.parametrize("output", ["in", ".", "notes", "file"])
def test_nothing_but_an_older_shard_folder_is_replaced(cases, tmp_path, output):
    (tmp_path / "file").touch()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").touch()
    before = tree(tmp_path)

    with pytest.raises(InputError, match="for the results"):
        run_to_folder(stage(Invert()), cases, output=tmp_path / output, workers=1, on_refused="report")

    assert tree(tmp_path) == before


def test_refusals_can_fail_the_command_after_all_work_is_written(cases, tmp_path):
    status = run_to_folder(stage(Invert(("4",))), cases, output=tmp_path / "out", workers=1, on_refused="fail")

    assert status == 1
    assert len(read_cases(tmp_path / "out" / "cases.tsv")) == NUMBER - 1


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("missing", "words"), [(False, "is no longer the one"), (True, "cannot be opened")])
def test_a_result_of_an_earlier_stage_that_changed_or_is_gone_ends_the_run(cases, tmp_path, workers, missing, words):
    write_canonical(tmp_path / "in", case="c5", role="CT", image=np.full((3, 4), 200, np.uint8))
    if missing:
        (tmp_path / "in/CT/c5.png").unlink()

    with pytest.raises(InputError, match=f"case c5: the CT file {words}.*{tmp_path}/in, delete that folder"):
        run_to_folder(stage(Invert()), cases, output=tmp_path / "out", workers=workers, on_refused="report")

    assert not (tmp_path / "out").exists()


def test_a_shard_folder_that_holds_an_image_of_another_table_is_not_replaced(cases, tmp_path):
    run_to_folder(stage(Invert()), cases, output=tmp_path / "shard", workers=1, on_refused="report")
    [first, *_] = read_cases(tmp_path / "shard" / "cases.tsv")
    (tmp_path / "split").mkdir()
    away = Case(first.id, "p", "", (CaseFile("CT", f"../shard/CT/{first.id}.png", ""),), tmp_path / "split")
    before = tree(tmp_path)

    with pytest.raises(InputError, match="is an input or holds one"):
        run_to_folder(stage(Invert()), [away], output=tmp_path / "shard", workers=1, on_refused="report")

    assert tree(tmp_path) == before


@pytest.mark.parametrize(("output", "words"), [("in", "is a folder"), ("in/CT/c3.png", "is an input")])
def test_a_table_replaces_neither_a_folder_nor_an_image(cases, tmp_path, output, words):
    before = tree(tmp_path)

    with pytest.raises(InputError, match=words):
        run_to_table(stage(rows_of), cases, columns=["case"], output=tmp_path / output, workers=1, on_refused="report")

    assert tree(tmp_path) == before


@pytest.mark.parametrize("output", ["in", "in/cases.tsv"])
def test_the_table_of_a_shard_without_cases_is_not_replaced_either(cases, tmp_path, output):
    with pytest.raises(InputError, match="is an input or holds one"):
        read_shard(Namespace(cases=tmp_path / "in/cases.tsv", shard=None, output=tmp_path / output))


PARENT = """
import os, signal, sys
from pathlib import Path
from fuseflow.cases import Case
from fuseflow.stage import Stage, run_to_folder

def tell_and_wait(case):
    os.write(int(sys.argv[1]), b".")
    signal.pause()

stage = Stage(name="wait", load=tell_and_wait, function=dict, parameters={}, code=())
cases = [Case(str(number), "p", "", (), Path("/")) for number in range(3)]
run_to_folder(stage, cases, output=Path(sys.argv[2]), workers=3, on_refused="report")
"""


def test_workers_end_when_their_parent_is_killed(tmp_path):
    told, tell = os.pipe()
    command = [sys.executable, "-c", PARENT, str(tell), str(tmp_path / "out")]
    with subprocess.Popen(command, cwd=SCRIPTS, pass_fds=(tell,), start_new_session=True) as parent:
        os.close(tell)
        for _ in range(3):
            assert os.read(told, 1) == b"."
        parent.kill()
    try:
        # The end of the pipe is there when the last process that could write to it is gone.
        ended, _, _ = select.select([told], [], [], 10)
        assert ended
        assert os.read(told, 1) == b""
    finally:
        os.close(told)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)


def test_a_dying_worker_ends_the_run_with_a_sentence_and_leaves_nothing(cases, tmp_path):
    with pytest.raises(InputError, match="a worker process was killed"):
        run_to_folder(stage(Die()), cases, output=tmp_path / "out", workers=2, on_refused="report")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_the_record_names_inputs_outputs_and_parameters(cases, tmp_path):
    run_to_folder(stage(Invert()), cases, output=tmp_path / "out", workers=1, on_refused="report")

    record = json.loads((tmp_path / "out" / "provenance.json").read_text())
    [case] = [case for case in read_cases(tmp_path / "out" / "cases.tsv") if case.id == "c3"]
    assert record["parameters"] == {"p": 1}
    assert record["inputs"]["c3"] == {"CT": [cases[[c.id for c in cases].index("c3")].file("CT").sha256]}
    assert record["outputs"]["c3"] == {"CT": [case.file("CT").sha256]}
    np.testing.assert_array_equal(read_canonical(case, "CT"), np.full((3, 4), 252, np.uint8))


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_become_one_table_in_the_order_of_cases(cases, tmp_path, workers):
    output = tmp_path / "table.tsv"

    run_to_table(
        stage(rows_of), cases, columns=["case", "metric", "value"], output=output, workers=workers, on_refused="report"
    )

    rows = read_table(output)
    assert [row["case"] for row in rows] == [case.id for case in cases]
    assert {row["case"]: float(row["value"]) for row in rows} == {f"c{number}": number for number in range(NUMBER)}
    assert read_refused(tmp_path / "table.refused.tsv") == []


def test_load_needs_every_role(cases):
    with pytest.raises(Refused, match="orphan"):
        LoadImages(("MR",))(Case("a", "p", "", (CaseFile("CT", "x", ""),), Path()))


def pass_on(volumes):
    """One volume as it is under another name, one with other voxels, one on another grid."""
    volume = volumes["CT"]
    return {
        "same": replace(volume, sidecar={"passed": True}),
        "other": replace(volume, data=volume.data + 1),
        "moved": replace(volume, affine=volume.affine + np.diag([1.0, 0, 0, 0])),
    }


def test_volumes_that_are_passed_on_keep_their_bytes(tmp_path):
    volume = Volume(data=np.arange(24, dtype=np.int16).reshape(2, 3, 4), affine=np.eye(4))
    file = write_canonical(tmp_path / "in", case="a", role="CT", image=volume)
    case = Case("a", "p", "", (file,), tmp_path / "in")
    work = Stage(name="resample", load=LoadVolumes(), function=pass_on, parameters={}, code=("resample",))

    run_to_folder(work, [case], output=tmp_path / "out", workers=1, on_refused="report")

    [result] = read_cases(tmp_path / "out" / "cases.tsv")
    assert result.file("same").sha256 == file.sha256
    assert len({entry.sha256 for entry in result.files}) == 3
    assert read_nifti(result.path("moved")).affine[0, 0] == 2
    assert read_json(tmp_path / "out" / "a" / "same.json") == {"passed": True}
