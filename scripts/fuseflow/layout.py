"""Where the results of a run lie: the exact name of every result below the results root, never found by a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fuseflow.cases import Shard

FOLDERS = {
    "index": "index",
    "convert": "converted",
    "resample": "resampled",
    "quality": "quality",
    "split": "split",
    "normalize": "normalized",
    "export": "exported",
    "fuse": "fused",
    "evaluate": "metrics",
}
"""Stage, in the order they run -> the folder of its results below ``results/<dataset>``."""

QUALITY = "QUALITY"
"""The role of the pictures that the stage ``quality`` makes."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """What one job of a stage wrote, and what it holds for.

    Parameters
    ----------
    stage, dataset
        Who wrote it, about what.
    method, profile
        What it holds for alone; empty where it holds for every method, or every profile, of the data set.
    path
        The folder; for ``evaluate`` the table, which has its other files beside it.
    """

    stage: str
    dataset: str
    method: str = ""
    profile: str = ""
    path: Path

    @property
    def cases(self) -> Path:
        """The table of the cases that were kept, of a stage that writes a folder."""
        return self.path / "cases.tsv"

    @property
    def refused(self) -> Path:
        """The table of the cases that this stage refused."""
        return self._file("refused.tsv")

    @property
    def provenance(self) -> Path:
        """The record of what made it."""
        return self._file("provenance.json")

    def _file(self, name: str) -> Path:
        return self.path.with_suffix(f".{name}") if self.stage == "evaluate" else self.path / name


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The results of a run, as names; nothing is looked up on disk.

    Parameters
    ----------
    results
        The results root.
    methods, profiles
        What was run.
    shards
        In how many parts each data set was cut.

    Examples
    --------
    >>> layout = Layout(results=Path("results"), methods=["LP"], profiles=["reference"], shards=2)
    >>> [output.refused.as_posix() for output in layout.outputs("heads", "convert")]
    ['results/heads/converted/0of2/refused.tsv', 'results/heads/converted/1of2/refused.tsv']
    >>> layout.outputs("heads", "evaluate")[1].refused.as_posix()
    'results/heads/metrics/reference/LP/1of2.refused.tsv'
    """

    results: Path
    methods: Sequence[str]
    profiles: Sequence[str]
    shards: int

    def folder(self, dataset: str, stage: str) -> Path:
        """The folder of all results of a stage."""
        return self.results / dataset / FOLDERS[stage]

    def index_tables(self, dataset: str) -> list[Path]:
        """The tables of all cases that were found, one per shard."""
        return [self.folder(dataset, "index") / f"{shard}.tsv" for shard in Shard.all(self.shards)]

    def outputs(self, dataset: str, stage: str) -> list[Output]:
        """Everything that a stage after ``index`` wrote: by method, by profile, by shard."""
        folder = self.folder(dataset, stage)
        shards = Shard.all(self.shards)
        if stage == "split":
            return [Output(stage=stage, dataset=dataset, path=folder)]
        if stage == "fuse":
            return [
                Output(stage=stage, dataset=dataset, method=method, path=folder / method / str(shard))
                for method in self.methods
                for shard in shards
            ]
        if stage == "evaluate":
            return [
                Output(
                    stage=stage,
                    dataset=dataset,
                    method=method,
                    profile=profile,
                    path=folder / profile / method / f"{shard}.tsv",
                )
                for method in self.methods
                for profile in self.profiles
                for shard in shards
            ]
        return [Output(stage=stage, dataset=dataset, path=folder / str(shard)) for shard in shards]
