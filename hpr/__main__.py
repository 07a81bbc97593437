"""`python -m hpr` is the hpr command."""

from hpr.cli import main

if __name__ == "__main__":
    main()
