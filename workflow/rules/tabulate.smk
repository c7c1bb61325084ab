rule tabulate:
    input:
        metrics=collect(
            "<results>/{dataset}/metrics/{profile}/{method}/{shard}.tsv",
            dataset=RUN.datasets,
            profile=RUN.profiles,
            method=RUN.methods,
            shard=SHARDS,
        ),
        refused=[path for _, path in refused_tables()],
    output:
        tsv=report(
            table_file("tsv"),
            category="Tables",
            labels={"file": "summary"},
            caption="../report/table.rst",
        ),
        md=table_file("md"),
        tex=table_file("tex"),
    log:
        "<logs>/tabulate.log",
    conda:
        "../../envs/fuseflow.yaml"
    params:
        code=code_digest("tabulate", *profile_modules()),
        published=published_digest(),
        name=RUN.experiment,
        options=published_options(),
        refused=lambda wildcards, input: named_refused(input.refused),
        folder=subpath(output.tsv, parent=True),
    shell:
        'python "$FUSEFLOW_SCRIPTS/tabulate.py" --metrics {input.metrics} --refused {params.refused}'
        " {params.options} --name {params.name} --output {params.folder} 2> {log}"
