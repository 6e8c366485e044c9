"""`python -m pie`: the command line."""

from pie.cli import main

if __name__ == "__main__":
    main()
