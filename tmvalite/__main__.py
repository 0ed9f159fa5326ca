"""`python -m tmvalite` is `tmvalite`."""

import sys

from tmvalite.cli import main

if __name__ == "__main__":
    sys.exit(main())
