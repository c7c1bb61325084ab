rule tabulate:
    input:
        metrics=all_results("<results>/{dataset}/metrics/{profile}/{method}/{shard}.tsv"),
        refused=[path for _, path in refused_tables()],
    output:
        tsv=report(
            collect("<results>/tables/{experiment}.tsv", experiment=RUN.experiment),
            category="Tables",
            labels={"file": "summary"},
            caption="../report/table.rst",
        ),
        md=collect("<results>/tables/{experiment}.md", experiment=RUN.experiment),
        tex=collect("<results>/tables/{experiment}.tex", experiment=RUN.experiment),
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
