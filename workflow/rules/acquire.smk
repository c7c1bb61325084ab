# No code digest: the result is proved by checksums. The mirror is a resource because those are not part of the plan.
rule acquire:
    output:
        directory("<resources>/{dataset}/raw"),
    log:
        "<logs>/{dataset}/acquire.log",
    wildcard_constraints:
        dataset=one_of(DOWNLOADED),
    conda:
        "../../envs/fuseflow.yaml"
    resources:
        downloads=1,
        mirror=RUN.mirror,
    params:
        source=lambda wildcards: source_digest(wildcards.dataset),
        resources=subpath(output[0], ancestor=2),
    shell:
        'python "$FUSEFLOW_SCRIPTS/download_data.py" --dataset {wildcards.dataset} --output {output}'
        " --downloads {params.resources}/.downloads --mirror={resources.mirror:q} 2> {log}"
