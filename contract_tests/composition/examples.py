"""Open the database of examples that the user names."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from contract_tests.settings.values import UsageError

KEPT = timedelta(days=90)  # in Redis, after the last campaign that has read an example or saved one
WITHIN_S = 5.0


def open_examples(place: str) -> ExampleDatabase:
    """Open a folder, or a Redis server by its URL. Raises UsageError that names the flag."""
    if "://" not in place:
        return DirectoryBasedExampleDatabase(Path(place))
    try:
        redis: Any = import_module("redis")
        kind: Any = import_module("hypothesis.extra.redis").RedisExampleDatabase
    except ImportError:
        raise UsageError(
            "--examples: redis is missing; install it: pip install 'leadlists-contract-kit[redis]'"
        ) from None
    try:
        client = redis.Redis.from_url(place, socket_timeout=WITHIN_S, socket_connect_timeout=WITHIN_S)
        client.ping()
    except (redis.RedisError, ValueError) as error:
        raise UsageError(f"--examples: no Redis server answers: {error}") from None
    database: ExampleDatabase = kind(client, expire_after=KEPT)
    return database
