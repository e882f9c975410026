"""`python -m mock_server`: the same as `leadlists-mock`."""

from mock_server.cli import main

if __name__ == "__main__":
    main(prog_name="leadlists-mock")
