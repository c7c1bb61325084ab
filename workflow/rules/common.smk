# What all rules share: the checked configuration, names of files, and digests of code.

import json
import os
import re
import shlex
import sys

from snakemake.exceptions import WorkflowError

PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]
sys.path.insert(0, str(PROJECT / "scripts"))

from fuseflow import provenance
from fuseflow.cases import Shard
from fuseflow.config import load_config
from fuseflow.errors import InputError
from fuseflow.files import hash_of_file, sha256_of_bytes
from fuseflow.formats.registry import READERS, readers_with_companions
from fuseflow.fusion.registry import METHODS
from fuseflow.layout import FOLDERS
from fuseflow.metrics.registry import PROFILES
from fuseflow.normalization.registry import NORMALIZATIONS, is_fitted
from fuseflow.synthesize.registry import GENERATORS

try:
    RUN = load_config(config, [Path("config/datasets"), PROJECT / "config/datasets"])
except InputError as error:
    raise WorkflowError(str(error)) from None

# Scripts find the library, the cards and each other through these, so that neither an absolute path nor the
# secret salt enters a plan. Jobs run the Python that runs Snakemake, unless --sdm gives them another.
os.environ.update(
    FUSEFLOW_SCRIPTS=str(PROJECT / "scripts"),
    FUSEFLOW_CARDS=os.pathsep.join(str(folder) for folder in RUN.card_folders),
    FUSEFLOW_SALT=RUN.salt,
    PATH=os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    ),
)

SHARDS = [str(shard) for shard in Shard.all(RUN.shards)]
GENERATED = [dataset for dataset in RUN.datasets if RUN.cards[dataset].generator]
DOWNLOADED = [dataset for dataset in RUN.datasets if not RUN.cards[dataset].generator]
SPLIT = [dataset for dataset in RUN.datasets if "split" in RUN.cards[dataset].stages]
RESAMPLED = [dataset for dataset in RUN.datasets if RUN.cards[dataset].resample]
SPACED = [dataset for dataset in RESAMPLED if RUN.cards[dataset].resample.rule]
NORMALIZED = [dataset for dataset in RUN.datasets if RUN.cards[dataset].normalize]


def one_of(names):
    """A pattern that matches these names and nothing else."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    dataset=one_of(RUN.datasets),
    method=one_of(RUN.methods),
    profile=one_of(RUN.profiles),
    shard=r"\d+of\d+",


def code_digest(*entries):
    """Digest of the code that makes a result: an edit reruns the rule, a touch does not."""
    return provenance.code_digest(*entries)


def options(*words, **named):
    """Words of a command line, quoted; a named option is left out if its value is None or empty."""
    for name, value in named.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, (str, int)) and value != "":
            words = [*words, f"{option}={value}"]
        elif value:
            words = [*words, option, *map(str, value)]
    return shlex.join(words)


def salt_digest(dataset):
    """Digest of the secret behind the pseudonyms of a data set, so that another secret makes them anew."""
    card = RUN.cards[dataset]
    used = card.ids == "private" or card.is_series
    return sha256_of_bytes(RUN.salt.encode())[:16] if used else ""


def source_digest(dataset):
    """Digest of where a data set comes from and of the hashes of its files."""
    card = RUN.cards[dataset]
    lists = [
        hash_of_file(card.path.with_name(source.verify))
        for source in card.source
        if getattr(source, "verify", None)
    ]
    return sha256_of_bytes(repr([card.source, lists]).encode())[:16]


def generator_options(dataset):
    """How a synthetic data set is made."""
    source = RUN.cards[dataset].generator
    return options(
        generator=source.generator,
        seed=source.seed,
        patients=source.patients,
        slices=source.slices,
    )


def index_options(dataset):
    """How cases and patients are found in the raw files of a data set."""
    card = RUN.cards[dataset]
    words = [
        f"--role={name}={pattern}"
        for name, role in sorted(card.roles.items())
        for pattern in role.files
    ]
    words += [f"--patient={pattern}" for pattern in card.patient]
    words += [
        f"--element={name}:{keyword}={value}"
        for name, role in sorted(card.roles.items())
        for keyword, value in sorted(role.elements.items())
    ]
    words += ["--public-ids"] if card.ids == "public" else []
    return options(*words, limit=RUN.limit, shards=RUN.shards)


def convert_options(dataset):
    """What the images of a data set must be like."""
    card = RUN.cards[dataset]
    common = {
        "optional": [
            name for name, role in sorted(card.roles.items()) if role.optional
        ],
        "time_limit": RUN.time_limit,
        "on_refused": RUN.on_refused,
    }
    if card.is_series:
        return options(
            series=sorted(card.roles),
            drawn=[
                f"{name}={role.drawn_on}"
                for name, role in sorted(card.roles.items())
                if role.drawn_on
            ],
            segments=[
                f"{name}={role.segment}"
                for name, role in sorted(card.roles.items())
                if role.segment
            ],
            uneven=card.series.uneven,
            single_slices=card.series.single_slices,
            **common,
        )
    roles = sorted(card.roles.items())
    return options(
        *(["--one-size"] if "fuse" in card.stages else []),
        roles=[name for name, _ in roles],
        labels=[name for name, role in roles if role.label],
        pages=[f"{name}={role.page}" for name, role in roles if role.page],
        size=card.expect.size,
        bits=card.expect.bits,
        **common,
    )


def spacing_options(dataset):
    """How a spacing is found for a data set."""
    card = RUN.cards[dataset]
    return options(spacing_rule=card.resample.rule, labels=card.labels)


def resample_options(dataset):
    """Onto which grid the volumes of a data set are brought."""
    card = RUN.cards[dataset]
    chosen = card.resample
    flags = [
        f"--{name.replace('_', '-')}"
        for name in ("anti_alias", "anisotropic")
        if getattr(chosen, name)
    ]
    return options(
        *flags,
        reference_role=chosen.reference,
        spacing=None if chosen.rule else chosen.spacing,
        interpolation=chosen.interpolation,
        label_interpolation=chosen.label_interpolation,
        labels=card.labels,
        keep=chosen.keep,
        on_refused=RUN.on_refused,
    )


def quality_options(dataset):
    """What the pictures of a data set show."""
    card = RUN.cards[dataset]
    return options(reference_role=card.resample.reference, labels=card.labels)


def fitted_roles(dataset):
    """Roles whose normalization is fitted to training cases."""
    chosen = RUN.cards[dataset].normalize
    return [role for role in sorted(chosen) if is_fitted(chosen[role]["method"])]


def fitted_parameters(dataset):
    """Files of fitted parameters."""
    return [
        f"<results>/{dataset}/normalized/{role}.json" for role in fitted_roles(dataset)
    ]


def method_options(chosen):
    """Options of a normalization, for a command line."""
    return [
        f"{name}={json.dumps(value)}"
        for name, value in sorted(chosen.items())
        if name not in ("method", "labels")
    ]


def fit_options(dataset, role):
    """What a normalization is fitted to."""
    chosen = RUN.cards[dataset].normalize[role]
    return options(
        role=role,
        method=chosen["method"],
        option=method_options(chosen),
        labels_role=chosen.get("labels"),
        on_refused=RUN.on_refused,
    )


def normalize_options(dataset, splits, parameters):
    """How the roles of a data set are normalized."""
    card = RUN.cards[dataset]
    files = dict(zip(fitted_roles(dataset), parameters))
    chosen = [
        role
        + "="
        + json.dumps(
            (
                {"method": entry["method"], "parameters": files[role]}
                if role in files
                else dict(entry)
            ),
            sort_keys=True,
        )
        for role, entry in sorted(card.normalize.items())
    ]
    return options(
        normalize=chosen,
        labels=card.labels,
        optional=[name for name, role in sorted(card.roles.items()) if role.optional],
        splits=splits,
        on_refused=RUN.on_refused,
    )


def normalization_modules(dataset):
    """Modules of the normalizations of a data set, for digests."""
    return [
        NORMALIZATIONS.module(entry["method"])
        for _, entry in sorted(RUN.cards[dataset].normalize.items())
    ]


def split_options(dataset):
    """How the cases of a data set are divided."""
    fractions = [f"{name}={share}" for name, share in RUN.split["fractions"].items()]
    return options(
        dataset=dataset,
        scheme=RUN.split["scheme"],
        fractions=fractions,
        salt=RUN.split["salt"],
        on_leak=RUN.split["on_leak"],
        labels=RUN.cards[dataset].labels,
        on_refused=RUN.on_refused,
    )


def published_splits_digest(dataset):
    """Digest of the published splits that a data set's card holds."""
    return sha256_of_bytes(repr(RUN.cards[dataset].published_splits).encode())[:16]


def fuse_options(dataset):
    """Which roles are A and B, and how colour becomes grey: as the first profile says."""
    a, b = RUN.pair(dataset)
    grey = PROFILES.declared(RUN.profiles[0], "grey")
    return options(a_role=a, b_role=b, grey=grey, on_refused=RUN.on_refused)


def evaluate_options(dataset):
    """Which roles are A and B."""
    a, b = RUN.pair(dataset)
    return options(a_role=a, b_role=b, on_refused=RUN.on_refused)


def cases_for(stage):
    """Input function: the case table that a stage reads."""

    def table(wildcards):
        folder = RUN.folder_before(wildcards.dataset, stage)
        if folder == FOLDERS["split"]:
            return f"<results>/{wildcards.dataset}/{folder}/cases.tsv"
        return f"<results>/{wildcards.dataset}/{folder}/{wildcards.shard}"

    return table


def images_for(stage):
    """Input function: the shard folder whose images a stage reads."""
    return lambda wildcards: (
        f"<results>/{wildcards.dataset}/{RUN.folder_before(wildcards.dataset, stage, images=True)}/{wildcards.shard}"
    )


def table_of(cases):
    """The case table that an input of `cases_for` is or holds."""
    return cases if cases.endswith(".tsv") else f"{cases}/cases.tsv"


def shard_folders(dataset, folder):
    """Every shard folder of a stage."""
    return collect(
        "<results>/{dataset}/{folder}/{shard}",
        dataset=dataset,
        folder=folder,
        shard=SHARDS,
    )


def split_files(dataset):
    """The results of the split stage, for data sets that list it."""
    names = (
        ["splits.json", "leakage.json", "cases.tsv", "refused.tsv", "provenance.json"]
        if dataset in SPLIT
        else []
    )
    return [f"<results>/{dataset}/split/{name}" for name in names]


def table_file(ending):
    """The table of the run in one of its forms."""
    return f"<results>/tables/{RUN.experiment}.{ending}"


def published_options():
    """The published tables to put beside ours; they lie beside the scripts, so that no absolute path enters a plan."""
    paths = [
        f'"$FUSEFLOW_SCRIPTS/../config/published/{name}.tsv"' for name in RUN.published
    ]
    return " ".join(["--published", *paths] if paths else [])


def published_digest():
    """Digest of the published tables."""
    return [
        hash_of_file(PROJECT / "config" / "published" / f"{name}.tsv")[:16]
        for name in RUN.published
    ]


def profile_modules():
    """Modules of the run's metric profiles, for digests."""
    return [PROFILES.module(profile) for profile in RUN.profiles]


def method_modules():
    """Modules of the run's fusion methods, for digests."""
    return [METHODS.module(method) for method in RUN.methods]


def reader_modules():
    """Modules of the image formats that are read, for digests."""
    return [READERS.module(name) for name in READERS.names()]


def companion_modules():
    """Modules of the image formats whose images may consist of several files, for digests."""
    return [READERS.module(name) for name in readers_with_companions()]


def cards_digest():
    """Digest of the cards of the run's data sets."""
    return [hash_of_file(RUN.cards[dataset].path)[:16] for dataset in RUN.datasets]


def tabulate_options():
    """Which results the tables are about, and what they are called."""
    return options(
        datasets=RUN.fused,
        methods=RUN.methods,
        profiles=RUN.profiles,
        shards=RUN.shards,
        name=RUN.experiment,
    )


def report_options():
    """What the report is about: data sets, those that are fused with their roles."""
    datasets = [
        f"{dataset}={','.join(RUN.pair(dataset))}" if dataset in RUN.fused else dataset
        for dataset in RUN.datasets
    ]
    return options(
        experiment=RUN.experiment,
        datasets=datasets,
        methods=RUN.methods,
        profiles=RUN.profiles,
        shards=RUN.shards,
        limit=RUN.limit or None,
    )
