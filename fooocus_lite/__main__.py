"""`python -m fooocus_lite` is the same as `fooocus-lite`."""

import sys

from .cli import main

sys.exit(main())
