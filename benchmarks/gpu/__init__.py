"""What only a CUDA GPU can tell."""
