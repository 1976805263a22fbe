"""The room of model files: what is here, whether it is whole. Never imports torch."""
