"""``python -m tsconv``: the command line where no ``tsconv`` is on the path."""

from tsconv.cli import main

if __name__ == "__main__":
    main(prog_name="python -m tsconv")
