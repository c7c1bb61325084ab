rule fuse:
    input:
        cases=cases_for("fuse"),
        images=images_for("fuse"),
    output:
        directory("<results>/{dataset}/fused/{method}/{shard}"),
    log:
        "<logs>/{dataset}/fused/{method}/{shard}.log",
    wildcard_constraints:
        dataset=one_of(RUN.fused),
    conda:
        "../../envs/fuseflow.yaml"
    threads: RUN.threads
    params:
        code=lambda wildcards: code_digest("fuse", METHODS.module(wildcards.method)),
        options=lambda wildcards: fuse_options(wildcards.dataset),
        table=lambda wildcards, input: table_of(input.cases),
    shell:
        'python "$FUSEFLOW_SCRIPTS/fuse.py" --method {wildcards.method} --cases {params.table} --shard {wildcards.shard}'
        " {params.options} --workers {threads} --output {output} 2> {log}"
