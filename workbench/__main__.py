"""The program `workbench`, also as `python -m workbench`. Small, so that even a Ctrl-C while it loads is caught."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    code = 130  # workbench.errors.Exit.INTERRUPTED, which may not be loaded when it is needed
    try:
        from workbench.cli.main import run  # noqa: PLC0415  loading takes a quarter of a second

        code = run(sys.argv[1:]).value
    except KeyboardInterrupt:
        pass
    sys.exit(code)


if __name__ == "__main__":
    main()
