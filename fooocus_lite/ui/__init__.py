"""The page: one small file per region. Talks to `Studio` and to nothing else."""
