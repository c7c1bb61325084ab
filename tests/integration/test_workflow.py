"""The whole workflow on small data: complete, repeatable, and rerun exactly where something changed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess

import pytest
from running import REPOSITORY, SNAKEMAKE, Run, jobs

from fuseflow.files import read_table
from fuseflow.manifest import make_manifest

NOTHING = "Nothing to be done"
EXPERIMENTS = sorted(path.stem for path in (REPOSITORY / "config" / "experiments").glob("*.yaml"))


def tables(run: Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((run.results / "tables").iterdir())}


def test_a_run_makes_tables_and_the_report(finished):
    assert sorted(tables(finished)) == ["default.md", "default.provenance.json", "default.tex", "default.tsv"]
    assert (finished.results / "report" / "index.html").stat().st_size > 10_000
    rows = read_table(finished.results / "tables" / "default.tsv")
    assert {row["method"] for row in rows} == {"average", "LP"}
    assert {row["n"] for row in rows} == {"6"}


def test_a_second_run_has_nothing_to_do(finished):
    assert NOTHING in finished.snakemake()


def test_nothing_temporary_is_left(finished):
    left = [path for path in finished.folder.rglob(".*") if path.name not in (".snakemake", ".snakemake_timestamp")]
    assert [path for path in left if ".snakemake" not in path.parts] == []


FURTHER_RULES = {
    "formats": {"resample", "quality", "normalize"},
    "soft-tissue-sarcoma": {"resample", "quality"},
    "volumes": {"resample", "quality", "normalize"},
}
"""Experiment without fusion -> its rules of one word besides those of all experiments."""


@pytest.mark.parametrize("experiment", ["", *EXPERIMENTS])
def test_the_plan_is_known_before_anything_is_downloaded(run, experiment):
    configfile = ["--configfile", f"config/experiments/{experiment}.yaml"] if experiment else []
    command = [str(SNAKEMAKE), "--snakefile", str(REPOSITORY / "Snakefile"), "--directory", str(run.folder), "-n"]

    done = subprocess.run([*command, *configfile], cwd=REPOSITORY, capture_output=True, text=True, check=True)

    planned = jobs(done.stdout + done.stderr)
    source = "acquire" if experiment else "synthesize"
    further = FURTHER_RULES.get(experiment, {"fuse", "evaluate", "tabulate"})
    assert {source, "index", "convert", "report"} | further == set(planned) - {"all", "default", "split"}
    assert all(count > 0 for count in planned.values())
    assert ("split" in planned) == (experiment != "cddfuse-table5")


def test_other_shards_give_the_same_tables(copied):
    before, manifest = tables(copied), make_manifest(copied.results)

    for shards in ("5", "2", "5", "1"):
        copied.snakemake(shards=shards)
        assert tables(copied) == before
        assert make_manifest(copied.results) == manifest


def test_editing_one_method_reruns_it_and_what_follows(copied):
    with (copied.repository / "scripts/fuseflow/fusion/methods/lp.py").open("a") as file:
        file.write("# edited\n")

    output = copied.snakemake("-n")

    assert jobs(output) == {"fuse": 2, "evaluate": 2, "tabulate": 1, "report": 1, "default": 1}


def test_touching_sources_reruns_nothing(copied):
    for path in (copied.repository / "scripts").rglob("*"):
        os.utime(path)

    assert NOTHING in copied.snakemake("-n")


def test_adding_a_method_reruns_no_other(copied):
    output = copied.snakemake("-n", methods="[average,LP,maximum]")

    assert jobs(output) == {"fuse": 2, "evaluate": 2, "tabulate": 1, "report": 1, "default": 1}


def test_a_killed_run_is_taken_up_again(run, finished):
    command = [str(SNAKEMAKE), "--snakefile", str(REPOSITORY / "Snakefile"), "--directory", str(run.folder)]
    settings = ["limit=6", "methods=[average,LP]", "profiles=[cddfuse-2023]", "shards=2"]
    process = subprocess.Popen(
        [*command, "--cores", "1", "--config", *settings],
        cwd=REPOSITORY,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not list(run.folder.glob("results/*/fused/*/*")):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    run.snakemake("--unlock")
    run.snakemake()

    assert make_manifest(run.results) == make_manifest(finished.results)


def test_a_deleted_result_is_made_again(copied):
    before = make_manifest(copied.results)
    shutil.rmtree(next(copied.results.glob("*/fused/LP/0of2")))
    (copied.results / "report" / "index.html").unlink()

    copied.snakemake()

    assert make_manifest(copied.results) == before


def test_it_runs_as_a_module_from_three_lines(run, finished):
    run.folder.mkdir()
    snakefile = run.folder / "Snakefile"
    snakefile.write_text(f'module fuseflow:\n    snakefile: "{REPOSITORY}/Snakefile"\nuse rule * from fuseflow\n')

    run.snakemake(snakefile=snakefile)

    assert make_manifest(run.results) == make_manifest(finished.results)


def test_snakemake_writes_its_own_report(copied):
    copied.snakemake("--report", "results/report/snakemake.html")

    assert "default.tsv" in (copied.results / "report" / "snakemake.html").read_text()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"methods": "[LPX]"}, "there is no fusion method 'LPX'; there are average, copy-A"),
        ({"profiles": "[none]"}, "there is no metric profile 'none'"),
        ({"datasets": "[brain]"}, "there is no data set 'brain'"),
        ({"pairs": "[[MR,PET]]"}, "0 of the configured pairs fit synthetic-ct-mri"),
        ({"shards": "0"}, "shards"),
        ({"shard": "2"}, "did you mean 'shards'"),
        ({"split": "{scheme: authors}"}, "split.scheme is 'authors'; synthetic-ct-mri has patient"),
    ],
)
def test_a_wrong_configuration_is_said_in_one_sentence(run, settings, words):
    output = run.snakemake("-n", check=False, **settings)

    assert words in " ".join(output.split())
    assert "Traceback" not in output


def test_fractions_must_add_up(run, tmp_path):
    (tmp_path / "config.yaml").write_text("split: {fractions: {train: 0.7, test: 0.2}}\n")

    output = run.snakemake("-n", "--configfile", str(tmp_path / "config.yaml"), check=False)

    assert "must lie in 0..1 and add up to 1" in " ".join(output.split())
