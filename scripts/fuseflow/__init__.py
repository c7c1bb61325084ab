"""fuseflow: public multimodal medical images, from raw download to a publishable metric table."""

__version__ = "0.1.0"
