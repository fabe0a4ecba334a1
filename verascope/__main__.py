"""`python -m verascope` is the command `verascope`."""

from verascope.cli import main

main()
