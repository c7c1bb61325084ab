rule evaluate:
    input:
        cases=cases_for("fuse"),
        images=images_for("fuse"),
        fused="<results>/{dataset}/fused/{method}/{shard}",
    output:
        table="<results>/{dataset}/metrics/{profile}/{method}/{shard}.tsv",
        refused="<results>/{dataset}/metrics/{profile}/{method}/{shard}.refused.tsv",
        provenance="<results>/{dataset}/metrics/{profile}/{method}/{shard}.provenance.json",
    log:
        "<logs>/{dataset}/metrics/{profile}/{method}/{shard}.log",
    wildcard_constraints:
        dataset=one_of(RUN.fused),
    conda:
        "../../envs/fuseflow.yaml"
    threads: RUN.threads
    params:
        code=lambda wildcards: code_digest(
            "evaluate", PROFILES.module(wildcards.profile)
        ),
        options=lambda wildcards: evaluate_options(wildcards.dataset),
        table=lambda wildcards, input: table_of(input.cases),
    shell:
        'python "$FUSEFLOW_SCRIPTS/evaluate.py" --profile {wildcards.profile} --dataset {wildcards.dataset}'
        " --method {wildcards.method} --cases {params.table} --shard {wildcards.shard} --fused {input.fused}/cases.tsv"
        " {params.options} --workers {threads} --output {output.table} 2> {log}"
