rule report:
    input:
        table=rules.tabulate.output.tsv if RUN.fused else [],
        index=collect(
            "<results>/{dataset}/index/{shard}.tsv", dataset=RUN.datasets, shard=SHARDS
        ),
        converted=collect(
            "<results>/{dataset}/converted/{shard}", dataset=RUN.datasets, shard=SHARDS
        ),
        resampled=collect(
            "<results>/{dataset}/{folder}/{shard}",
            dataset=RESAMPLED,
            folder=["resampled", "quality"],
            shard=SHARDS,
        ),
        normalized=collect(
            "<results>/{dataset}/normalized/{shard}", dataset=NORMALIZED, shard=SHARDS
        ),
        split=[path for dataset in RUN.datasets for path in split_files(dataset)],
        fused=rules.tabulate.input.fused,
        metrics=collect(
            "<results>/{dataset}/metrics/{profile}/{method}/{shard}.{ending}",
            dataset=RUN.fused,
            profile=RUN.profiles,
            method=RUN.methods,
            shard=SHARDS,
            ending=["refused.tsv", "provenance.json"],
        ),
    output:
        page="<results>/report/index.html",
    log:
        "<logs>/report.log",
    localrule: True
    conda:
        "../../envs/fuseflow.yaml"
    params:
        code=code_digest(
            "report", "templates/report.html.j2", *profile_modules(), *method_modules()
        ),
        cards=cards_digest(),
        results=subpath(output.page, ancestor=2),
        options=report_options(),
        tables=lambda wildcards, input: options(tables=input.table),
    shell:
        'python "$FUSEFLOW_SCRIPTS/report.py" --results {params.results} {params.tables} {params.options}'
        " --output {output.page} 2> {log}"
