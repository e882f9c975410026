"""The foreign set: servers with bugs that people reported of real frameworks, libraries and backends."""

from contract_tests.tests.servers import (
    breach,
    foreign_bodies,
    foreign_dates,
    foreign_headers,
    foreign_ids,
    foreign_logins,
    foreign_texts,
    foreign_third_fields,
    foreign_third_state,
    foreign_third_wire,
    foreign_unseen,
    foreign_wires,
)

# Importing one of these modules declares its servers. Each set was written when the suite had been improved for the
# sets before it, and was judged once before any change: its score at first sight is what the suite finds elsewhere.
SETS = {
    "first": (
        foreign_logins,
        foreign_headers,
        foreign_wires,
        foreign_bodies,
        foreign_dates,
        foreign_ids,
        foreign_texts,
    ),
    "second": (foreign_unseen,),
    "third": (foreign_third_fields, foreign_third_wire, foreign_third_state),
}
SET_OF_MODULE = {module.__name__: name for name, modules in SETS.items() for module in modules}
FOREIGN_SERVERS = tuple(breach.foreign)
THIRD_SET = tuple(server for server in FOREIGN_SERVERS if SET_OF_MODULE[server.app.__module__] == "third")
