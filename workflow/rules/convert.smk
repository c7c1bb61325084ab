rule convert:
    input:
        cases="<results>/{dataset}/index/{shard}.tsv",
        raw="<resources>/{dataset}/raw",
    output:
        directory("<results>/{dataset}/converted/{shard}"),
    log:
        "<logs>/{dataset}/converted/{shard}.log",
    conda:
        "../../envs/fuseflow.yaml"
    threads: RUN.threads
    params:
        code=code_digest("convert", *reader_modules()),
        salt=lambda wildcards: salt_digest(wildcards.dataset),
        options=lambda wildcards: convert_options(wildcards.dataset),
    shell:
        'python "$FUSEFLOW_SCRIPTS/convert.py" --cases {input.cases} --raw {input.raw} {params.options}'
        " --workers {threads} --output {output} 2> {log}"
