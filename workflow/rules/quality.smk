rule quality:
    input:
        "<results>/{dataset}/resampled/{shard}",
    output:
        directory("<results>/{dataset}/quality/{shard}"),
    log:
        "<logs>/{dataset}/quality/{shard}.log",
    wildcard_constraints:
        dataset=one_of(RESAMPLED),
    conda:
        "../../envs/fuseflow.yaml"
    threads: RUN.threads
    params:
        code=code_digest("quality"),
        options=lambda wildcards: quality_options(wildcards.dataset),
    shell:
        'python "$FUSEFLOW_SCRIPTS/quality.py" --cases {input}/cases.tsv {params.options} --workers {threads}'
        " --output {output} 2> {log}"
