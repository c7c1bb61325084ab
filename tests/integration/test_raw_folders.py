"""Folders as people have them: everything that cannot be right is refused by name, the rest is exact."""

from __future__ import annotations

import html

import numpy as np
import pytest
from running import Run

from fuseflow.cases import read_cases, read_refused
from fuseflow.files import read_table
from fuseflow.formats.png import read_png_file, write_png

CARD = """\
title: Pairs for a test
modality: [CT, MR]
roles: {{CT: "CT/{{case}}.png", MR: "MR/{{case}}.png"}}
patient: "{{patient}}_{{slice:2d}}"
expect: {{size: [64, 48], bits: {bits}}}
stages: [{stages}]
ids: {ids}
source: [{{folder: images}}]
access: open
licence: {{name: ours, redistribute: true}}
"""
SETTINGS = {"datasets": "[test-set]", "limit": "", "methods": "[average]", "shards": "2"}


def picture(seed: int, *, dtype=np.uint8, shape=(48, 64)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def save(run: Run, name: str, data: np.ndarray | bytes) -> None:
    path = run.folder / "images" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else write_png(data))


def save_card(run: Run, *, bits: int = 8, stages: str = "convert, split, fuse, evaluate", ids: str = "public") -> None:
    path = run.folder / "config" / "datasets" / "test-set.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(CARD.format(bits=bits, stages=stages, ids=ids))


def save_pairs(run: Run, count: int, **kind) -> None:
    for number in range(count):
        save(run, f"CT/good_{number:02d}", picture(2 * number, **kind))
        save(run, f"MR/good_{number:02d}", picture(2 * number + 1, **kind))


BAD = {
    "cut_01": ("unreadable", "cut short"),
    "deep_01": ("wrong-depth", "16 bits per sample, the card expects 8"),
    "flat_01": ("constant", "MR: every pixel has the value 3"),
    "lone_01": ("orphan", "there is no MR image for this case"),
    "nobody": ("unknown-patient", "pattern for patients"),
    "small_01": ("wrong-size", "63 x 48 pixels, the card expects 64 x 48"),
    "text_01": ("unreadable", "not a PNG"),
    "twin_01": ("duplicate", "good_00"),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory) -> Run:
    """A finished run on a folder with every kind of damage."""
    run = Run(tmp_path_factory.mktemp("broken"))
    save_card(run)
    save_pairs(run, 4)
    for name in BAD:
        save(run, f"CT/{name}", picture(100 + len(name) + ord(name[0])))
        if name != "lone_01":
            save(run, f"MR/{name}", picture(200 + len(name) + ord(name[0])))
    save(run, "CT/cut_01", write_png(picture(50))[:-30])
    save(run, "CT/deep_01", picture(51, dtype=np.uint16))
    save(run, "MR/flat_01", np.full((48, 64), 3, np.uint8))
    save(run, "MR/small_01", picture(52, shape=(48, 63)))
    save(run, "CT/text_01", b"patient\tage\n1\t60\n")
    for role in ("CT", "MR"):
        save(run, f"{role}/twin_01", (run.folder / "images" / role / "good_00.png").read_bytes())
    run.snakemake(**SETTINGS)
    return run


def refusals(run: Run) -> dict[str, tuple[str, str]]:
    folder = run.results / "test-set"
    tables = [*folder.glob("converted/*/refused.tsv"), folder / "split" / "refused.tsv"]
    return {row.case: (row.reason, row.detail) for table in tables for row in read_refused(table)}


@pytest.mark.parametrize("name", BAD)
def test_each_damage_has_its_reason_and_sentence(broken, name):
    reason, words = BAD[name]

    assert refusals(broken)[name][0] == reason
    assert words in refusals(broken)[name][1]
    assert "\n" not in refusals(broken)[name][1]


def test_nothing_else_is_refused_and_nothing_is_lost(broken):
    kept = [case.id for case in read_cases(broken.results / "test-set" / "split" / "cases.tsv")]

    assert set(refusals(broken)) == set(BAD)
    assert kept == [f"good_{number:02d}" for number in range(4)]


def test_the_table_counts_refusals(broken):
    rows = read_table(broken.results / "tables" / "default.tsv")

    assert {(row["n"], row["n_refused"]) for row in rows} == {("4", str(len(BAD)))}


def test_the_report_lists_them(broken):
    page = html.unescape((broken.results / "report" / "index.html").read_text())

    for name, (reason, _) in BAD.items():
        assert name in page
        assert reason in page
        assert refusals(broken)[name][1] in page


def test_refusals_can_end_the_run(broken):
    output = broken.snakemake(check=False, **SETTINGS, on_refused="fail")

    assert "refused cut_01: unreadable" in " ".join(output.split())


def test_sixteen_bits_are_converted_exactly(run):
    save_card(run, bits=16, stages="convert, fuse, evaluate")
    save_pairs(run, 3, dtype=np.uint16)

    run.snakemake("--until", "convert", **SETTINGS)

    cases = [case for folder in run.results.glob("test-set/converted/*") for case in read_cases(folder / "cases.tsv")]
    assert len(cases) == 3
    for case in cases:
        for role in ("CT", "MR"):
            raw = read_png_file(run.folder / "images" / role / f"{case.id}.png")
            converted = read_png_file(case.path(role))
            assert converted.dtype == np.uint16
            np.testing.assert_array_equal(converted, raw)


def test_private_ids_appear_in_no_result_and_no_log(run):
    save_card(run, ids="private")
    save_pairs(run, 4)
    save(run, "CT/secret_09", b"secret, Jane")
    save(run, "MR/secret_09", picture(1))

    run.snakemake(**SETTINGS, salt="pepper")

    texts = [path for folder in ("results", "logs") for path in (run.folder / folder).rglob("*") if path.is_file()]
    assert len(texts) > 10
    for path in texts:
        assert not any(word in path.name for word in ("good", "secret")), path
        content = path.read_bytes()
        assert not any(word in content for word in (b"good_0", b"secret")), path
    assert [
        row.reason for table in run.results.glob("test-set/converted/*/refused.tsv") for row in read_refused(table)
    ] == ["unreadable"]
