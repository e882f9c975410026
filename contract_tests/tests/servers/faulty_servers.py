"""List every faulty server, grouped by stage."""

from contract_tests.tests.servers import (
    breach,
    faulty_access,
    faulty_answers,
    faulty_echoes,
    faulty_requests,
    faulty_transport,
)

# Importing one of these modules declares its servers.
MODULES = (faulty_access, faulty_transport, faulty_requests, faulty_answers, faulty_echoes)
FAULTY_SERVERS = tuple(breach.declared)
