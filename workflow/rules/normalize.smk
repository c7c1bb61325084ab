rule fit_normalization:
    input:
        cases="<results>/{dataset}/split/cases.tsv",
        images=lambda wildcards: shard_folders(
            wildcards.dataset,
            RUN.folder_before(wildcards.dataset, "normalize", images=True),
        ),
    output:
        "<results>/{dataset}/normalized/{role}.json",
    log:
        "<logs>/{dataset}/normalized/{role}.log",
    wildcard_constraints:
        dataset=one_of(NORMALIZED),
        role="[A-Za-z][A-Za-z0-9_]*",
    conda:
        "../../envs/fuseflow.yaml"
    params:
        code=lambda wildcards: code_digest(
            "normalize", *normalization_modules(wildcards.dataset)
        ),
        options=lambda wildcards: fit_options(wildcards.dataset, wildcards.role),
    shell:
        'python "$FUSEFLOW_SCRIPTS/normalize.py" --fit {input.cases} {params.options} --parameters {output} 2> {log}'


rule normalize:
    input:
        cases=cases_for("normalize"),
        images=images_for("normalize"),
        splits=lambda wildcards: (
            "<results>/{dataset}/split/splits.json"
            if wildcards.dataset in SPLIT
            else []
        ),
        parameters=lambda wildcards: fitted_parameters(wildcards.dataset),
    output:
        directory("<results>/{dataset}/normalized/{shard}"),
    log:
        "<logs>/{dataset}/normalized/{shard}.log",
    wildcard_constraints:
        dataset=one_of(NORMALIZED),
    conda:
        "../../envs/fuseflow.yaml"
    threads: RUN.threads
    params:
        code=lambda wildcards: code_digest(
            "normalize", *normalization_modules(wildcards.dataset)
        ),
        table=lambda wildcards, input: table_of(input.cases),
        options=lambda wildcards, input: normalize_options(
            wildcards.dataset, input.splits, input.parameters
        ),
    shell:
        'python "$FUSEFLOW_SCRIPTS/normalize.py" --cases {params.table} --shard {wildcards.shard} {params.options}'
        " --workers {threads} --output {output} 2> {log}"
