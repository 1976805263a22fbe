"""The page: one small file per region. Talks to `Studio` and to nothing else."""

import os

# Read by Gradio when it is imported; without it the page calls out at start.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
