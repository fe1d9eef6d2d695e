"""`python -m cli`, for the children that `run` starts with its own interpreter."""

from cli.main import main

main()
