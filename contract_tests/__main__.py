"""Run `leadlists-contract`, also as `python -m contract_tests`."""

import gc
import signal


def main() -> None:
    """Start the command. Until it can end in order, Ctrl-C ends it at once and without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # until a command is loaded: what is loaded stays, and collections would take a tenth of the time
    from contract_tests.cli import main as run

    run()


if __name__ == "__main__":
    main()
