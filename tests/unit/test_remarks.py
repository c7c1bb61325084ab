from fuseflow.cases import Case, CaseFile
from fuseflow.files import write_json
from fuseflow.remarks import files_left_out, volume_warnings


def test_files_left_out_are_those_of_the_whole_folder(tmp_path):
    for shard in ("0of2", "1of2"):
        write_json(tmp_path / f"{shard}.provenance.json", {"files": {"found": 9, "left_out": 3}})

    assert files_left_out([tmp_path / "0of2.tsv", tmp_path / "1of2.tsv"]) == 3


def test_without_records_nothing_is_known_to_be_left_out(tmp_path):
    assert files_left_out([tmp_path / "0of1.tsv"]) == 0


def test_warnings_are_counted_once_per_case_and_role(tmp_path):
    tilted, late = {"code": "tilted"}, {"code": "unusual-uptake"}
    for name, sidecar in {
        "a/CT": {"warnings": [tilted, tilted]},
        "b/CT": {"warnings": [tilted]},
        "b/SUV": {"warnings": [], "suv": {"warnings": [late]}},
    }.items():
        write_json(tmp_path / f"{name}.json", sidecar)
    files = {"a": ["CT"], "b": ["CT", "SUV"], "c": ["CT"]}
    cases = [
        Case(case, case, "", tuple(CaseFile(role, f"{case}/{role}.nii.gz", "") for role in roles), tmp_path)
        for case, roles in files.items()
    ]

    assert volume_warnings(cases) == (("CT", "tilted", 2), ("SUV", "unusual-uptake", 1))
