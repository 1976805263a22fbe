"""The room of torch and diffusers: a recipe goes in, events and an image come out."""

import os

# Read by torch's OpenMP when it is loaded, so it stands before every import of torch. Threads that
# spin while they wait made a picture 15 times slower on cores shared with another program.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
