rule find_spacing:
    input:
        lambda wildcards: shard_folders(wildcards.dataset, "converted"),
    output:
        "<results>/{dataset}/resampled/spacing.json",
    log:
        "<logs>/{dataset}/resampled/spacing.log",
    wildcard_constraints:
        dataset=one_of(SPACED),
    conda:
        "../../envs/fuseflow.yaml"
    params:
        code=code_digest("resample"),
        options=lambda wildcards: spacing_options(wildcards.dataset),
        tables=lambda wildcards, input: [f"{folder}/cases.tsv" for folder in input],
    shell:
        'python "$FUSEFLOW_SCRIPTS/resample.py" --fit {params.tables} {params.options} --parameters {output} 2> {log}'


rule resample:
    input:
        cases="<results>/{dataset}/converted/{shard}",
        spacing=lambda wildcards: (
            rules.find_spacing.output if wildcards.dataset in SPACED else []
        ),
    output:
        directory("<results>/{dataset}/resampled/{shard}"),
    log:
        "<logs>/{dataset}/resampled/{shard}.log",
    wildcard_constraints:
        dataset=one_of(RESAMPLED),
    conda:
        "../../envs/fuseflow.yaml"
    threads: RUN.threads
    params:
        code=code_digest("resample"),
        options=lambda wildcards: resample_options(wildcards.dataset),
        spacing=lambda wildcards, input: options(parameters=input.spacing),
    shell:
        'python "$FUSEFLOW_SCRIPTS/resample.py" --cases {input.cases}/cases.tsv {params.options} {params.spacing}'
        " --workers {threads} --output {output} 2> {log}"
