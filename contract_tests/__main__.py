"""Run `leadlists-contract`, also as `python -m contract_tests`."""

import signal


def main() -> None:
    """Start the command. Until it can end in order, Ctrl-C ends it at once and without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from contract_tests.cli import main as run

    run()


if __name__ == "__main__":
    main()
