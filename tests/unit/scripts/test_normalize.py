"""normalize.py as it is used: by hand, on shards, to fit; and every wrong use of it."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from volume_programs import everything_in, program, ramp, write_table

from fuseflow.cases import read_cases, read_refused
from fuseflow.files import read_table, write_json
from fuseflow.files import write_table as write_rows
from fuseflow.flat import FlatImage
from fuseflow.formats.canonical import read_canonical_volume
from fuseflow.formats.png import write_png
from fuseflow.normalization.registry import NORMALIZATIONS
from fuseflow.volume_files import read_volume_file, write_volume_file

SPLITS = {"train": ["1", "2", "3"], "val": ["4"], "test": ["5"]}


@pytest.fixture(scope="module")
def run():
    return program("normalize")


def ct():
    return replace(ramp(dtype=np.int16), data=ramp(dtype=np.int16).data * 5 - 800, sidecar={"modality": "CT"})


def mr(seed):
    data = np.random.default_rng(seed).gamma(2.0, 50.0 + seed, (8, 7, 6)).astype(np.float32)
    return replace(ramp(modality="MR"), data=data)


def labels():
    return replace(ramp(), data=(ramp().data % 3 == 0).astype(np.uint8))


@pytest.fixture
def folder(tmp_path):
    """Images as a user has them."""
    suv = ramp(modality="PT", unit="g/ml")
    for name, volume in {"ct.nii.gz": ct(), "suv.mha": suv, "mr.nrrd": mr(9)}.items():
        write_volume_file(tmp_path / name, volume)
    return tmp_path


@pytest.fixture
def split(tmp_path):
    """What make_splits.py writes for five cases with an MR, a CT and labels."""
    cases = {str(number): {"MR": mr(number), "CT": ct(), "SEG": labels()} for number in range(1, 6)}
    table = write_table(tmp_path / "in", cases)
    where = {case: name for name, members in SPLITS.items() for case in members}
    rows = [{**row, "split": where[row["case"]]} for row in read_table(table)]
    write_rows(table, list(rows[0]), rows)
    write_json(tmp_path / "splits.json", {"active": "patient", "schemes": {"patient": SPLITS}})
    return table


def refuses(run, folder, capsys, *arguments):
    """Wrong use ends with status 2 and one sentence, which is returned, and changes no file."""
    before = everything_in(folder)
    capsys.readouterr()
    assert run(*arguments) == 2
    assert everything_in(folder) == before
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    return line.partition("error: ")[2]


def test_the_list_names_all_methods_with_their_options(run, capsys):
    assert run("--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == NORMALIZATIONS.names()
    for line in lines:
        for option in NORMALIZATIONS.load(line.split()[0]).options:
            assert f"{option}=" in line
    assert [line.split()[0] for line in lines if "fitted" in line] == ["nnunet-ct", "nyul"]


@pytest.mark.parametrize("ending", [".nii.gz", ".mha", ".nrrd", ".npy"])
def test_one_image_by_hand(run, folder, ending):
    output = folder / "new" / f"out{ending}"
    arguments = ["--method", "CT-window", "--option", "window=lung", "--output", output]
    assert run("--input", folder / "ct.nii.gz", *arguments) == 0
    found = read_volume_file(output)
    np.testing.assert_allclose(found.data, (ct().data.clip(-1350, 150) + 1350) / 1500, atol=1e-6)
    np.testing.assert_allclose(found.affine, ct().affine)
    assert [step["method"] for step in found.sidecar["normalized"]] == ["ct-window"]
    first = everything_in(output.parent)
    assert run("--input", folder / "ct.nii.gz", *arguments) == 0
    assert everything_in(output.parent) == first


def test_options_may_be_given_one_by_one(run, folder):
    output = folder / "out.mha"
    arguments = ["--input", folder / "suv.mha", "--method", "suv-clip", "--output", output]
    assert run(*arguments, "--option", "maximum=10", "--option", "log1p=true") == 0
    np.testing.assert_allclose(read_volume_file(output).data, np.log1p(ramp().data.clip(0, 10)), atol=1e-6)


CT, MR, SUV = "ct.nii.gz", "mr.nrrd", "suv.mha"
TO = ["--output", "{}/out.mha"]
WRONG = {
    "no method": (CT, TO, "give a method"),
    "unknown method": (CT, ["--method", "sharpen", *TO], "there is no normalization 'sharpen'; there are ct-window"),
    "no output": (CT, ["--method", "rescale"], "--output is needed"),
    "unknown option": (CT, ["--method", "rescale", "--option", "a=1", *TO], "^rescale has no option 'a'"),
    "wrong type": (CT, ["--method", "percentile", "--option", "low=x", *TO], "low of percentile is 'x' but must be"),
    "not a number": (CT, ["--method", "percentile", "--option", "low=NaN", *TO], "must increase inside 0..100"),
    "no value": (CT, ["--method", "percentile", "--option", "low", *TO], "low is not NAME=VALUE"),
    "twice": (CT, ["--method", "percentile", "--option", "low=1", "--option", "low=2", *TO], "--option names .* twice"),
    "no window": (CT, ["--method", "ct-window", "--option", "window=knee", *TO], "there is no CT window 'knee'"),
    "not fitted": (MR, ["--method", "nyul", *TO], "^the normalization nyul needs fitted parameters"),
    "PET in a CT window": (SUV, ["--method", "ct-window", *TO], "ct-window is for CT"),
    "CT as SUV": (CT, ["--method", "suv-clip", *TO], "suv-clip is for PT"),
    "output = input": (CT, ["--method", "rescale", "--output", "{}/ct.nii.gz"], "is an input"),
    "its sidecar": (CT, ["--method", "rescale", "--output", "{}/ct.mha"], "sidecar of .* would be taken for that of"),
    "no ending": (CT, ["--method", "rescale", "--output", "{}/out.json"], "none of the endings"),
    "option of a shard": (CT, ["--method", "rescale", "--labels", "SEG", *TO], "--labels means nothing with --input"),
    "two modes": (CT, ["--list", *TO], "give one of --input, --cases, --fit, --list"),
    "missing": ("none.nii", ["--method", "rescale", *TO], "cannot be read: the file cannot be opened"),
    "no parameters": (CT, ["--parameters", "{}/ct.json", *TO], "is no file of parameters"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use_by_hand(run, folder, capsys, wrong):
    name, words, expected = WRONG[wrong]
    found = refuses(run, folder, capsys, "--input", folder / name, *(word.format(folder) for word in words))
    assert re.search(expected, found), found


def spoilt(value):
    data = ramp().data.copy()
    data[1, 2, 3] = value
    return replace(ramp(), data=data)


UNUSABLE = {
    "constant": (replace(ramp(), data=np.full((8, 7, 6), 3.0)), "z-score", "every voxel has the value 3.0"),
    "NaN": (spoilt(np.nan), "rescale", "NaN or infinite"),
    "infinite": (spoilt(-np.inf), "percentile", "NaN or infinite"),
    "four axes": (replace(ramp(), data=np.stack([ramp().data] * 2, axis=3)), "z-score", "has 4 axes; z-score needs 3"),
    "normalized": (replace(ct(), sidecar={"modality": "CT", "normalized": [{}]}), "ct-window", "normalized already"),
}


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_images_that_cannot_be_normalized(run, tmp_path, capsys, unusable):
    volume, method, expected = UNUSABLE[unusable]
    write_volume_file(tmp_path / "in.nii.gz", volume)
    arguments = ["--input", tmp_path / "in.nii.gz", "--method", method, "--output", tmp_path / "out.nrrd"]
    assert expected in refuses(run, tmp_path, capsys, *arguments)


def test_flat_images_are_no_volumes(run, tmp_path, capsys):
    (tmp_path / "flat.png").write_bytes(write_png(np.arange(20, dtype=np.uint8).reshape(4, 5)))
    arguments = ["--input", tmp_path / "flat.png", "--method", "rescale", "--output", tmp_path / "out.mha"]
    assert "holds a flat image" in refuses(run, tmp_path, capsys, *arguments)


def fit(table, to, *, method="nyul", role="MR"):
    return ["--fit", table, "--role", role, "--method", method, "--parameters", to]


def test_a_fit_takes_the_training_cases_and_no_others(run, split, tmp_path):
    assert run(*fit(split, tmp_path / "nyul.json")) == 0
    found = json.loads((tmp_path / "nyul.json").read_text())
    assert (found["fitted_on"], found["split"]) == (SPLITS["train"], "train")
    rows = read_table(split)
    only = split.with_name("train.tsv")
    write_rows(only, list(rows[0]), [row for row in rows[::-1] if row["split"] == "train"])
    assert run(*fit(only, tmp_path / "again.json")) == 0
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "nyul.json").read_bytes()


def test_a_fit_to_labelled_tissue(run, split, tmp_path):
    to = tmp_path / "ct.json"
    arguments = fit(split, to, method="nnunet-ct", role="CT")
    assert run(*arguments, "--labels-role", "SEG", "--option", "samples=3000") == 0
    inside = ct().data[labels().data > 0]
    assert json.loads(to.read_text())["values"]["mean"] == pytest.approx(
        inside.mean(), abs=5 * inside.std() / 3000**0.5
    )


def test_fitted_parameters_by_hand(run, split, folder):
    assert run(*fit(split, folder / "nyul.json")) == 0
    arguments = ["--input", folder / MR, "--parameters", folder / "nyul.json", "--splits", folder / "splits.json"]
    assert run(*arguments, "--output", folder / "out.nii.gz") == 0
    (step,) = read_volume_file(folder / "out.nii.gz").sidecar["normalized"]
    assert step["method"] == "nyul"
    assert len(step["parameters_sha256"]) == 64


def test_a_training_case_that_cannot_be_used_is_left_out_and_told(run, split, tmp_path, capsys):
    rows = [row for row in read_table(split) if (row["case"], row["role"]) != ("2", "MR")]
    write_rows(split, list(rows[0]), rows)
    assert run(*fit(split, tmp_path / "nyul.json"), "--on-refused", "fail") == 1
    assert "refused 2: orphan" in capsys.readouterr().err
    assert json.loads((tmp_path / "nyul.json").read_text())["fitted_on"] == ["1", "3"]


def test_wrong_use_of_fit(run, split, tmp_path, capsys):
    to = tmp_path / "nyul.json"
    rows = read_table(split)
    tables = {
        "unsplit": [{**row, "split": ""} for row in rows],
        "tested": [row for row in rows if row["split"] != "train"],
        "both": [*rows, {**rows[0], "split": "test"}],
    }
    for name, changed in tables.items():
        write_rows(split.with_name(f"{name}.tsv"), list(rows[0]), changed)
    columns = [name for name in rows[0] if name != "split"]
    write_rows(split.with_name("plain.tsv"), columns, rows)
    for arguments, expected in (
        (fit(split.with_name("unsplit.tsv"), to), "no case whose split is train"),
        (fit(split.with_name("tested.tsv"), to), "no case whose split is train"),
        (fit(split.with_name("both.tsv"), to), "case 1 is in train and in another split"),
        (fit(split.with_name("plain.tsv"), to), "has no column split"),
        (fit(split, to)[:-2], "--fit needs --role, --method and --parameters"),
        (fit(split, split), "is an input"),
        (fit(split, split.parent / "1" / "MR.nii.gz"), "is an input"),
        (fit(split, to, method="z-score"), "z-score is not fitted to training cases"),
        (fit(split, to, method="nnunet-ct", role="CT"), "give the labels of the training cases"),
        (fit(split, to, role="US"), "none of the 3 training cases can be used"),
        ([*fit(split, to), "--output", tmp_path / "x"], "--output means nothing with --fit"),
    ):
        assert expected in refuses(run, tmp_path, capsys, *arguments)


def test_a_shard_and_the_number_of_workers(run, split, tmp_path):
    assert run(*fit(split, tmp_path / "nyul.json")) == 0
    chosen = {"MR": {"method": "nyul", "parameters": str(tmp_path / "nyul.json")}, "CT": {"method": "ct-window"}}
    arguments = ["--cases", split, "--labels", "SEG", "--splits", tmp_path / "splits.json"]
    arguments += ["--normalize", *(f"{role}={json.dumps(entry)}" for role, entry in chosen.items())]
    assert run(*arguments, "--output", tmp_path / "one") == 0
    assert run(*arguments, "--output", tmp_path / "two", "--workers", 2) == 0
    assert everything_in(tmp_path / "one") == everything_in(tmp_path / "two")
    cases = read_cases(tmp_path / "one" / "cases.tsv")
    assert [case.id for case in cases] == list("12345")
    for case in cases:
        assert read_canonical_volume(case, "MR").data.dtype == np.float32
        np.testing.assert_array_equal(read_canonical_volume(case, "SEG").data, labels().data)


def test_cases_that_cannot_be_normalized_are_rows(run, tmp_path):
    cases = {
        "good": {"CT": ct()},
        "constant": {"CT": replace(ct(), data=np.zeros((8, 7, 6), np.int16))},
        "infinite": {"CT": spoilt(np.inf)},
        "pet": {"CT": replace(ct(), sidecar={"modality": "PT"})},
        "flat": {"CT": FlatImage(pixels=np.zeros((4, 5), np.uint8))},
        "other": {"MR": mr(1)},
    }
    arguments = ["--cases", write_table(tmp_path / "in", cases), "--normalize", 'CT={"method": "ct-window"}']
    assert run(*arguments, "--output", tmp_path / "out") == 0
    assert {row.case: row.reason for row in read_refused(tmp_path / "out" / "refused.tsv")} == {
        "constant": "constant",
        "infinite": "not-finite",
        "pet": "wrong-modality",
        "flat": "no-geometry",
        "other": "orphan",
    }
    assert [case.id for case in read_cases(tmp_path / "out" / "cases.tsv")] == ["good"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "cases.tsv",
        "good",
        "provenance.json",
        "refused.tsv",
    ]


LEAKS = {
    "in test": ({"train": ["1", "2"], "test": ["3", "4", "5"]}, "fitted on cases of the split test: 3"),
    "in validation": ({"train": ["1", "3"], "val": ["2"], "test": ["4"]}, "fitted on cases of the split val: 2"),
    "nowhere": ({"train": ["1"], "test": ["4"]}, "cases that are in no split: 2, 3"),
    "no training": ({"test": ["1", "2", "3"]}, "no case in 'train'"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_parameters_that_were_fitted_on_other_cases_than_those_for_training(run, split, folder, capsys, leak):
    assert run(*fit(split, folder / "nyul.json")) == 0
    splits, expected = LEAKS[leak]
    write_json(folder / "splits.json", {"active": "patient", "schemes": {"patient": splits}})
    chosen = json.dumps({"method": "nyul", "parameters": str(folder / "nyul.json")})
    on_shard = ["--cases", split, "--normalize", f"MR={chosen}", "--output", folder / "out"]
    by_hand = ["--input", folder / MR, "--parameters", folder / "nyul.json", "--output", folder / "out.mha"]
    for arguments in (on_shard, by_hand):
        assert expected in refuses(run, folder, capsys, *arguments, "--splits", folder / "splits.json")


def test_wrong_use_of_parameters(run, split, folder, capsys):
    parameters = folder / "nyul.json"
    assert run(*fit(split, parameters)) == 0
    by_hand = ["--input", folder / MR, "--parameters", parameters]
    for arguments, expected in (
        (["--method", "z-score", "--output", folder / "o.mha"], "z-score is not fitted; give it no parameters"),
        (["--method", "nnunet-ct", "--output", folder / "o.mha"], "the parameters are those of nyul, not of nnunet-ct"),
        (["--option", "mask=whole", "--output", folder / "o.mha"], "fitted with other options"),
        # its sidecar would be the file of the parameters
        (["--output", folder / "nyul.nii.gz"], "would be taken for that of"),
    ):
        assert expected in refuses(run, folder, capsys, *by_hand, *arguments)
    changed = json.loads(parameters.read_text())
    write_json(parameters, {**changed, "fitted_on": ["1", "2"]})
    assert "one of them was changed" in refuses(run, folder, capsys, *by_hand, "--output", folder / "o.mha")


CHOSEN = "MR=" + json.dumps({"method": "z-score"})
WRONG_WITH_CASES = {
    "nothing chosen": ([], "--cases needs --normalize"),
    "no JSON": (["--normalize", "MR=z-score"], "is not like SUV="),
    "parameters of no name": (["--normalize", 'MR={"method": "nyul", "parameters": 5}'], "is not like SUV="),
    "role twice": (["--normalize", CHOSEN, "--normalize", CHOSEN], "--normalize names .* twice"),
    "unknown": (["--normalize", 'MR={"method": "sharpen"}'], "there is no normalization 'sharpen'"),
    "option": (["--normalize", 'MR={"method": "z-score", "x": 1}'], "MR: z-score has no option 'x'"),
    "labels": (["--normalize", 'SEG={"method": "z-score"}', "--labels", "SEG"], "SEG holds labels"),
    "not fitted": (["--normalize", 'MR={"method": "nyul"}'], "MR: the normalization nyul needs fitted parameters"),
    "by hand": (["--normalize", CHOSEN, "--method", "z-score"], "--method means nothing with --cases"),
    "no splits": (["--normalize", 'MR={"parameters": "{}/nyul.json"}'], "fitted parameters need --splits"),
    "other file": (
        ["--normalize", 'MR={"parameters": "{}/nyul.json"}', "--splits", "{}/nyul.json"],
        "holds no splits; give the splits.json",
    ),
}


@pytest.mark.parametrize("wrong", WRONG_WITH_CASES)
def test_wrong_use_with_cases(run, split, tmp_path, capsys, wrong):
    assert run(*fit(split, tmp_path / "nyul.json")) == 0
    words, expected = WRONG_WITH_CASES[wrong]
    words = [word.replace("{}", str(tmp_path)) for word in words]
    found = refuses(run, tmp_path, capsys, "--cases", split, "--output", tmp_path / "out", *words)
    assert re.search(expected, found), found
