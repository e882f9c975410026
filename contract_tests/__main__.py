"""`python -m contract_tests` is `leadlists-contract`."""

from contract_tests.cli import main

main()
