include: "workflow/Snakefile"


# An include alone leaves no default target: Snakemake would then say that there is nothing to be done.
rule default:
    default_target: True
    input:
        rules.all.input,
    localrule: True
