from __future__ import annotations

import base64
import importlib.util
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fuseflow import command
from fuseflow.cards import load_card
from fuseflow.cases import Case, RefusedCase, Shard, read_cases, write_cases, write_refused
from fuseflow.files import write_json
from fuseflow.formats.canonical import write_canonical
from fuseflow.layout import Layout
from fuseflow.leakage import check_leakage, hash_images
from fuseflow.metrics.registry import PROFILES
from fuseflow.report import gather, leak_sentences
from fuseflow.tables import summarize, write_summary
from fuseflow.values import Value

SCRIPT = Path(__file__).parents[2] / "scripts" / "report.py"
NONE = {"count": 0, "list": []}
CARD = """
title: Heads & <tails>
modality: [CT, MR]
roles: {CT: "CT/{case}.png", MR: "MR/{case}.png"}
patient: "{patient}{slice:3d}"
expect: {cases: 6, patients: 3}
stages: [convert, split, fuse, evaluate]
ids: public
source: [{generator: ellipses, seed: 1, patients: 3, slices: 2}]
access: open
licence: {name: none stated, redistribute: false}
citation: [{bibtex: "@misc{heads, title = {A <b>title</b>}}"}]
known_errors: ["One slice is upside down."]
published_splits: {authors: {source: their appendix, test: ["1001", "2001"]}}
"""
IDS = ["1001", "1002", "2001", "2002", "3001"]


@pytest.fixture(scope="module")
def run() -> Callable[..., int]:
    specification = importlib.util.spec_from_file_location("report_script", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return lambda *argv: command.run(module.make_parser(), module.main, [str(argument) for argument in argv])


def write_images(folder: Path, ids: list[str], roles: list[str]) -> list[Case]:
    cases = []
    for case in ids:
        draw = np.random.default_rng(int(case))
        images = {role: draw.integers(0, 256, (8, 9), np.uint8) for role in roles}
        files = [write_canonical(folder, case=case, role=role, image=pixels) for role, pixels in images.items()]
        cases.append(Case(case, case[:-3], "lesion" if case[0] == "1" else "normal", tuple(files), folder))
    write_cases(folder / "cases.tsv", cases)
    return cases


def write_record(path: Path, *, code: str, **versions: str) -> None:
    write_json(path, {"code": code, "versions": versions})


def write_results(root: Path, *, shards: int) -> None:
    """Results of six cases, of which conversion refused 3002 and the split 2002, and LP also 1001."""
    folder = root / "results" / "heads"
    kept = []
    for shard in Shard.all(shards):
        here = [case for case in IDS if case in shard]
        cases = write_images(folder / "converted" / str(shard), here, ["CT", "MR"])
        kept += [case for case in cases if case.id != "2002"]
        extra = [Case("3002", "3", "", cases[0].files, folder)] if cases and "3001" in here else []
        write_cases(folder / "index" / f"{shard}.tsv", [*cases, *extra])
        refused = [RefusedCase("3002", "convert", "constant", "CT is <0> everywhere")] if extra else []
        write_refused(folder / "converted" / str(shard) / "refused.tsv", refused)
        for method, lost in (("average", []), ("LP", ["1001"])):
            fused = folder / "fused" / method / str(shard)
            write_images(fused, [case for case in here if case not in [*lost, "2002"]], ["FUSED"])
            rows = [RefusedCase(case, "fuse", "size-mismatch", "A and B differ") for case in lost if case in here]
            write_refused(fused / "refused.tsv", rows)
            scores = folder / "metrics" / "reference" / method
            write_refused(scores / f"{shard}.refused.tsv", [])
            # Not every process loads every package.
            versions = {"numpy": "2.2.1", **({"pywavelets": "1.8.0"} if "3001" in here else {})}
            write_record(fused / "provenance.json", code=f"f5e{len(method):04}", **versions)
            write_record(scores / f"{shard}.provenance.json", code="e7a1", numpy="2.2.1")
        write_record(folder / "converted" / str(shard) / "provenance.json", code="c04e", numpy="2.2.1")
    pictures, _ = hash_images(kept, workers=1)
    splits = {
        "patient": {"train": ["1001", "1002", "3001"], "test": ["2001"]},
        "authors": {"train": ["1002", "3001"], "test": ["1001", "2001"]},
    }
    leaks = {name: check_leakage(scheme, cases=kept, pictures=pictures) for name, scheme in splits.items()}
    (folder / "split").mkdir()
    (folder / "split" / "splits.json").write_text(json.dumps({"active": "patient", "schemes": splits}))
    write_record(folder / "split" / "provenance.json", code="5b1d", numpy="2.2.1")
    (folder / "split" / "leakage.json").write_text(json.dumps(leaks))
    write_refused(folder / "split" / "refused.tsv", [RefusedCase("2002", "split", "duplicate", "its CT image ...")])
    (root / "cards").mkdir()
    (root / "cards" / "heads.yaml").write_text(CARD)


def arguments(root: Path, *, shards: int) -> list[str | Path]:
    return [
        *("--experiment", "first & <last>", "--results", root / "results", "--datasets", "heads=MR,CT"),
        *("--methods", "average", "LP", "--profiles", "reference", "--shards", str(shards)),
        *("--tables", root / "t.tsv", "--cards", root / "cards", "--output", root / "index.html"),
    ]


@pytest.fixture(scope="module")
def page(run, tmp_path_factory) -> Callable[..., str]:
    def write(shards: int, *more: str) -> str:
        root = tmp_path_factory.mktemp("run")
        write_results(root, shards=shards)
        values = [Value("heads", "LP", "reference", case, "EN", "en", 4.5) for case in IDS]
        write_summary(root / "t.tsv", summarize(values, profiles={"reference": PROFILES.load("reference")}))
        assert run(*arguments(root, shards=shards), *more) == 0
        text = (root / "index.html").read_text()
        assert str(root) not in text
        return text

    return write


@pytest.fixture(scope="module")
def text(page) -> str:
    return page(2)


def layout(root: Path, *, shards: int) -> Layout:
    return Layout(results=root / "results", methods=["average", "LP"], profiles=["reference"], shards=shards)


def words(text: str) -> str:
    """The page's text without tags, spaces made single."""
    body = re.sub(r"<[^>]*>", " ", text[text.index("<body>") :])
    return re.sub(r"\s+", " ", body)


def test_the_number_of_shards_leaves_no_trace(page, text):
    assert page(3) == text


def test_nothing_is_loaded_from_elsewhere(text):
    assert not re.search(r"<(script|link|iframe|object)\b", text)
    assert set(re.findall(r'src="([^"]{0,22})', text)) == {"data:image/png;base64,"}
    assert "url(" not in text
    assert "@import" not in text


def test_text_of_others_is_escaped(text):
    assert "<title>first &amp; &lt;last&gt;</title>" in text
    assert "Heads &amp; &lt;tails&gt;" in text
    assert "CT is &lt;0&gt; everywhere" in text
    assert "A &lt;b&gt;title&lt;/b&gt;" in text


def test_counts_of_cases_are_told(text):
    assert "6 cases of 3 patients found; 6 cases of 3 patients expected. 4 kept. A is MR, B is CT." in words(text)


def test_a_limit_explains_why_there_are_fewer_cases(page):
    told = words(page(1, "--limit", "5"))

    assert "6 cases of 3 patients found; limited to 5 of 6 cases. 4 kept." in told
    assert "heads MR, CT 6 5 of 6 2 4" in told
    assert "The number of cases found is not the number expected." in told


def test_a_limit_that_leaves_nothing_out_is_not_told(page, text):
    assert page(2, "--limit", "6") == text


@pytest.mark.parametrize(
    ("limit", "expect", "found", "expected"),
    [
        (None, "{cases: 6}", None, 6),
        (None, "{}", None, None),
        (5, "{cases: 6}", 5, 5),
        (7, "{cases: 6}", None, 6),
        (5, "{}", 5, None),
    ],
)
def test_how_many_cases_are_expected_under_a_limit(tmp_path, limit, expect, found, expected):
    write_results(tmp_path, shards=1)
    card = tmp_path / "cards" / "heads.yaml"
    card.write_text(CARD.replace("{cases: 6, patients: 3}", expect))

    part = gather(load_card("heads", [card.parent]), layout(tmp_path, shards=1), pair=("MR", "CT"), limit=limit)

    assert (part.limit, part.expected) == (found, expected)


def refuse(root: Path, stage: str, method: str, cases: list[str]) -> None:
    """Let a method refuse cases in `stage`, of results in one shard."""
    [output] = [found for found in layout(root, shards=1).outputs("heads", stage) if found.method == method]
    detail = "the image has 16 bits per sample"
    write_refused(output.refused, [RefusedCase(case, stage, "unsupported-pixels", detail) for case in cases])
    if stage == "fuse":
        shutil.rmtree(output.path / "FUSED")
        write_images(output.path, [case for case in IDS if case not in [*cases, "2002"]], ["FUSED"])


@pytest.mark.parametrize("stage", ["fuse", "evaluate"])
def test_a_case_that_every_method_refused_counts_as_refused(run, tmp_path, stage):
    write_results(tmp_path, shards=1)
    write_summary(tmp_path / "t.tsv", [])
    refuse(tmp_path, stage, "average", ["1001", "3001"])
    refuse(tmp_path, stage, "LP", ["1001", "1002", "3001"])

    assert run(*arguments(tmp_path, shards=1)) == 0

    told = words((tmp_path / "index.html").read_text())
    assert "heads MR, CT 6 6 4 2 " in told
    assert "6 cases of 3 patients expected. 2 kept." in told
    assert f"{stage} unsupported-pixels the pixels are of a kind that cannot be kept or used without loss 3 " in told


def test_a_data_set_that_every_method_refused_has_no_case_kept(tmp_path):
    write_results(tmp_path, shards=1)
    for method in ("average", "LP"):
        refuse(tmp_path, "fuse", method, IDS)

    part = gather(load_card("heads", [tmp_path / "cards"]), layout(tmp_path, shards=1), pair=("MR", "CT"), limit=None)

    assert (part.found, part.kept) == (6, 0)
    assert [image.caption for image in part.strips[0].images] == ["MR (A)", "CT (B)", "average: refused", "LP: refused"]


def test_cases_without_a_known_patient_are_told_apart(run, tmp_path):
    write_results(tmp_path, shards=1)
    write_summary(tmp_path / "t.tsv", [])
    [index] = layout(tmp_path, shards=1).index_tables("heads")
    write_cases(index, [replace(case, patient=case.patient.replace("3", "")) for case in read_cases(index)])

    assert run(*arguments(tmp_path, shards=1)) == 0

    told = words((tmp_path / "index.html").read_text())
    assert "6 cases of 2 patients found, 2 of them without a known patient; 6 cases of 3 patients expected." in told


def test_what_made_the_results_is_told_per_stage_method_and_profile(text):
    told = words(text).partition("Stage Method Profile Code Versions ")[2]

    assert told.strip() == " ".join(
        [
            "convert c04e numpy 2.2.1",
            "split 5b1d numpy 2.2.1",
            "fuse average f5e0007 numpy 2.2.1, pywavelets 1.8.0",
            "fuse LP f5e0002 numpy 2.2.1, pywavelets 1.8.0",
            "evaluate average reference e7a1 numpy 2.2.1",
            "evaluate LP reference e7a1 numpy 2.2.1",
        ]
    )


def test_the_page_says_that_records_differ(run, tmp_path, text):
    write_results(tmp_path, shards=1)
    write_summary(tmp_path / "t.tsv", [])
    write_record(tmp_path / "results" / "heads" / "converted" / "0of1" / "provenance.json", code="c04e", numpy="2.1.0")

    assert run(*arguments(tmp_path, shards=1)) == 0

    sentence = "Results were made with different versions of numpy: 2.1.0 and 2.2.1."
    assert sentence in words((tmp_path / "index.html").read_text())
    assert "were made with" not in words(text)


def test_every_refusal_is_listed_with_its_reason_and_scope(text):
    told = words(text)
    assert "convert constant all pixels have the same value 1" in told
    assert "1001 fuse LP size-mismatch: A and B differ" in told
    assert "2002 split duplicate: its CT image ..." in told


def test_splits_and_their_leaks_are_told_in_words(text):
    told = words(text)
    assert "Scheme patient (active) train test Cases 3 1 Patients 2 1 Cases, lesion 2 0 Cases, normal 1 1" in told
    assert "Scheme authors , from their appendix" in told
    assert told.index("No patient is in two splits.") < told.index("The same patient is in train and test.")


def test_first_middle_and_last_case_are_shown_with_all_images(text):
    assert re.findall(r"<p>Case (\d+)</p>", text) == ["1001", "2001", "3001"]
    captions = [words(f"<body>{caption}").strip() for caption in re.findall(r"<figcaption>(.*?)</figcaption>", text)]
    assert captions == [
        *("MR (A)", "CT (B)", "average", "LP: refused"),
        *("MR (A)", "CT (B)", "average", "LP") * 2,
    ]
    data = base64.b64decode(re.findall(r"base64,([^\"]+)", text)[0])
    assert data.startswith(b"\x89PNG")


def test_methods_metrics_and_licence_are_told(text):
    told = words(text)
    for part in (
        "Laplacian pyramid",
        "ssim.gauss11",
        "The data must not be passed on.",
        "@misc{heads",
    ):
        assert part in told
    assert "One slice is upside down." in told


@pytest.mark.parametrize(
    ("shared", "sentence"),
    [
        (NONE, "No patient is in two splits."),
        (
            {"count": 2, "list": [{"patient": p, "cases": {"test": ["1"], "train": ["2"]}} for p in "ab"]},
            "The same 2 patients are in train and test.",
        ),
        (
            {"count": 2, "list": [{"cases": {"test": [], "train": []}}, {"cases": {"val": [], "train": []}}]},
            "The same 2 patients are in more than one split.",
        ),
        (
            {"count": 500, "list": [{"cases": {"test": [], "train": []}}]},
            "The same 500 patients are in more than one split.",
        ),
    ],
)
def test_shared_patients_in_words(shared, sentence):
    assert leak_sentences({"shared_patients": shared, "identical_pixels": NONE, "near_duplicates": NONE})[0] == sentence


def test_shared_pictures_in_words():
    found = {
        "shared_patients": NONE,
        "identical_pixels": {"count": 3, "list": []},
        "near_duplicates": {"count": 7, "list": []},
    }
    assert leak_sentences(found)[1:] == (
        "Pictures that are in more than one split, as they are or mirrored: 3.",
        "Pairs of pictures in different splits that look nearly the same: 7, listed in leakage.json.",
    )


def test_a_data_set_that_was_split_and_not_fused_keeps_what_both_stages_kept(tmp_path):
    write_results(tmp_path, shards=2)
    for folder in ("fused", "metrics"):
        shutil.rmtree(tmp_path / "results" / "heads" / folder)
    card = tmp_path / "cards" / "heads.yaml"
    card.write_text(CARD.replace("convert, split, fuse, evaluate", "convert, split"))

    part = gather(load_card("heads", [card.parent]), layout(tmp_path, shards=2), pair=None, limit=None)

    assert (part.found, part.converted, part.kept) == (6, 5, 4)
    assert [scheme.name for scheme in part.schemes] == ["patient", "authors"]
    assert part.strips == ()


def test_one_page_tells_of_data_sets_that_were_fused_and_of_others(run, tmp_path):
    write_results(tmp_path, shards=1)
    write_summary(tmp_path / "t.tsv", [])
    (tmp_path / "cards" / "chests.yaml").write_text(CARD.replace("convert, split, fuse, evaluate", "convert"))
    for name in ("index", "converted"):
        shutil.copytree(tmp_path / "results" / "heads" / name, tmp_path / "results" / "chests" / name)

    assert run(*arguments(tmp_path, shards=1), "--datasets", "heads=MR,CT", "chests") == 0

    page = (tmp_path / "index.html").read_text()
    told = words(page)
    assert "2 data sets, 2 fusion methods, 1 metric profile." in told
    assert "heads MR, CT 6 6 2 4 chests not fused 6 6 1 5 " in told
    assert page.count("<h3>Images</h3>") == 1
    assert "A is MR, B is CT." in told
    assert "5 converted. Stages: convert; not fused." in told


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["--datasets", "heads=MR"], "--datasets takes ID or ID=A,B"),
        (["--datasets", "=MR,CT"], "--datasets takes ID or ID=A,B"),
        (["--datasets", ""], "--datasets takes ID or ID=A,B"),
        (["--datasets", "heads"], "heads was fused; give its roles as well, heads=A,B"),
        (["--datasets", "feet=MR,CT"], "there is no data set 'feet'"),
        (["--shards", "4"], "does not exist"),
        (["--profiles", "nothing"], "there is no metric profile 'nothing'"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(run, tmp_path, capsys, change, sentence):
    write_results(tmp_path, shards=1)
    write_summary(tmp_path / "t.tsv", [])
    assert run(*arguments(tmp_path, shards=1), *change) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "index.html").exists()
