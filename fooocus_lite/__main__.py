"""`python -m fooocus_lite` is the same as `fooocus-lite`."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of the command line, also when it is interrupted while it is imported."""
    try:
        from . import cli

        return cli.main(argv)
    except KeyboardInterrupt:
        return 130  # cli.INTERRUPTED, which may not be there yet


if __name__ == "__main__":
    sys.exit(main())
