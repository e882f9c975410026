"""Every faulty server, those of one stage beside each other."""

from contract_tests.tests.servers import (
    breach,
    faulty_access,
    faulty_answers,
    faulty_echoes,
    faulty_requests,
    faulty_transport,
)

# To import one of these declares its servers.
MODULES = (faulty_access, faulty_transport, faulty_requests, faulty_answers, faulty_echoes)
FAULTY_SERVERS = tuple(breach.declared)
