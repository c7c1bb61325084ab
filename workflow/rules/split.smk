rule split:
    input:
        lambda wildcards: shard_folders(
            wildcards.dataset, RUN.folder_before(wildcards.dataset, "split")
        ),
    output:
        splits="<results>/{dataset}/split/splits.json",
        leakage=report(
            "<results>/{dataset}/split/leakage.json",
            category="Splits",
            labels={"data set": "{dataset}", "file": "leakage"},
            caption="../report/leakage.rst",
        ),
        cases="<results>/{dataset}/split/cases.tsv",
        refused="<results>/{dataset}/split/refused.tsv",
        provenance="<results>/{dataset}/split/provenance.json",
    log:
        "<logs>/{dataset}/split.log",
    wildcard_constraints:
        dataset=one_of(SPLIT),
    conda:
        "../../envs/fuseflow.yaml"
    params:
        code=code_digest("make_splits"),
        published=lambda wildcards: published_splits_digest(wildcards.dataset),
        options=lambda wildcards: split_options(wildcards.dataset),
        tables=lambda wildcards, input: [f"{folder}/cases.tsv" for folder in input],
        folder=subpath(output.splits, parent=True),
    shell:
        'python "$FUSEFLOW_SCRIPTS/make_splits.py" --cases {params.tables} {params.options}'
        " --output {params.folder} 2> {log}"
