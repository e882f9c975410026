"""The foreign set: servers with bugs that people reported of real frameworks, libraries and backends."""

from contract_tests.tests.servers import (
    breach,
    foreign_bodies,
    foreign_dates,
    foreign_headers,
    foreign_ids,
    foreign_logins,
    foreign_texts,
    foreign_unseen,
    foreign_wires,
)

# Importing one of these modules declares its servers.
MODULES = (
    foreign_logins,
    foreign_headers,
    foreign_wires,
    foreign_bodies,
    foreign_dates,
    foreign_ids,
    foreign_texts,
    foreign_unseen,
)
FOREIGN_SERVERS = tuple(breach.foreign)
