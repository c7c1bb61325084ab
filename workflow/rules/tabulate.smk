rule tabulate:
    input:
        converted=collect(
            "<results>/{dataset}/converted/{shard}", dataset=RUN.fused, shard=SHARDS
        ),
        split=collect(
            "<results>/{dataset}/split/refused.tsv",
            dataset=[dataset for dataset in RUN.fused if dataset in SPLIT],
        ),
        fused=collect(
            "<results>/{dataset}/fused/{method}/{shard}",
            dataset=RUN.fused,
            method=RUN.methods,
            shard=SHARDS,
        ),
        metrics=collect(
            "<results>/{dataset}/metrics/{profile}/{method}/{shard}.{ending}",
            dataset=RUN.fused,
            profile=RUN.profiles,
            method=RUN.methods,
            shard=SHARDS,
            ending=["tsv", "refused.tsv"],
        ),
    output:
        tsv=report(
            table_file("tsv"),
            category="Tables",
            labels={"file": "summary"},
            caption="../report/table.rst",
        ),
        md=table_file("md"),
        tex=table_file("tex"),
        provenance=table_file("provenance.json"),
    log:
        "<logs>/tabulate.log",
    localrule: True
    conda:
        "../../envs/fuseflow.yaml"
    params:
        code=code_digest("tabulate", *profile_modules()),
        published_digest=published_digest(),
        results=subpath(output.tsv, ancestor=2),
        options=tabulate_options(),
        published=published_options(),
        folder=subpath(output.tsv, parent=True),
    shell:
        'python "$FUSEFLOW_SCRIPTS/tabulate.py" --results {params.results} {params.options} {params.published}'
        " --output {params.folder} 2> {log}"
