"""`python -m canary.cli`."""

from canary.cli.main import main

main()
