rule synthesize:
    output:
        directory("<resources>/{dataset}/raw"),
    log:
        "<logs>/{dataset}/synthesize.log",
    wildcard_constraints:
        dataset=one_of(GENERATED),
    conda:
        "../../envs/fuseflow.yaml"
    params:
        code=lambda wildcards: code_digest(
            "synthesize",
            GENERATORS.module(RUN.cards[wildcards.dataset].generator.generator),
        ),
        options=lambda wildcards: generator_options(wildcards.dataset),
    shell:
        'python "$FUSEFLOW_SCRIPTS/synthesize.py" {params.options} --output {output} 2> {log}'
