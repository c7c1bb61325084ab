rule index:
    input:
        "<resources>/{dataset}/raw",
    output:
        collect("<results>/{{dataset}}/index/{shard}.tsv", shard=SHARDS),
        collect("<results>/{{dataset}}/index/{shard}.provenance.json", shard=SHARDS),
    log:
        "<logs>/{dataset}/index.log",
    conda:
        "../../envs/fuseflow.yaml"
    params:
        code=code_digest("index", *companion_modules()),
        salt=lambda wildcards: salt_digest(wildcards.dataset),
        options=lambda wildcards: index_options(wildcards.dataset),
        folder=subpath(output[0], parent=True),
    shell:
        'python "$FUSEFLOW_SCRIPTS/index.py" --raw {input} {params.options} --output {params.folder} 2> {log}'
