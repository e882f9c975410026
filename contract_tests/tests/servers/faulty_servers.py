"""List every faulty server, grouped by stage."""

from contract_tests.tests.servers import (
    breach,
    faulty_access,
    faulty_answers,
    faulty_conditions,
    faulty_echoes,
    faulty_requests,
    faulty_transport,
)

MODULES = (faulty_access, faulty_transport, faulty_requests, faulty_answers, faulty_echoes, faulty_conditions)
FAULTY_SERVERS = breach.declared_in(*MODULES)
