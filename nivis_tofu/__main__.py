"""`python -m nivis_tofu` is `nivis`."""

from nivis_tofu.cli.main import main

main()
