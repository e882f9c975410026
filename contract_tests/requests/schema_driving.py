"""Let Schemathesis generate requests from the OpenAPI file; the suite sends and judges them like all others.

Schemathesis' own runner stops at the first failing case and does not shrink it (4.32). Here Hypothesis draws the cases,
so that a search continues after a failure and shrinks it. The labels "positive" and "negative" of a case are only
shown: the oracles read the bytes.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contract_tests.contract.specification import Operation
from contract_tests.contract.terms import Terms
from contract_tests.requests.plan import USER_AGENT, Step
from contract_tests.target.exchange import Request


def coverage_cases(terms: Terms, operation: Operation) -> Iterator[Step]:
    """Yield the cases of Schemathesis' coverage phase, which is deterministic; about seventy for one POST."""
    schema, endpoint = _endpoint(terms, operation)
    for case in schema.iter_coverage_cases(
        endpoint, generation_modes=_modes(), generation_config=schema.config.generation
    ):
        yield Step(_label(case), _request(case, terms))


def fuzzed_cases(terms: Terms, operation: Operation) -> SearchStrategy[Request]:
    """Return a strategy for the valid and invalid requests that Schemathesis generates from the schema."""
    _, endpoint = _endpoint(terms, operation)
    cases = st.one_of([endpoint.as_strategy(generation_mode=mode) for mode in _modes()])
    return cases.map(lambda case: _request(case, terms))


@cache
def _schemathesis() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # requests warns about optional dependencies that are not used here
        import schemathesis  # imported on use, because it takes a second
    return schemathesis


def _modes() -> list[Any]:
    modes = _schemathesis().GenerationMode
    return [modes.POSITIVE, modes.NEGATIVE]


def _endpoint(terms: Terms, operation: Operation) -> tuple[Any, Any]:
    schemathesis = _schemathesis()
    with _without_foreign_hooks():
        # Our own config, so that a schemathesis.toml in the user's folders has no effect.
        schema = schemathesis.openapi.from_dict(
            deepcopy(dict(terms.specification.document)), config=schemathesis.Config()
        )
    schema.config.generation.update(with_security_parameters=False)  # the login is judged elsewhere
    schema.config.phases.coverage.unexpected_methods = set()  # and so are the methods
    return schema, schema[operation.path][operation.method]


def _request(case: Any, terms: Terms) -> Request:
    """Return the request that Schemathesis would send for a case, signed in as the first user."""
    import requests

    settings = terms.settings
    headers = dict([USER_AGENT, *settings.first.login(), *settings.headers])
    parts = case.as_transport_kwargs(base_url=terms.base_url, headers=headers)
    parts["headers"].pop("X-Schemathesis-TestCaseId", None)  # random: the same seed must send the same bytes
    ready = requests.Request(**parts).prepare()
    body = ready.body if isinstance(ready.body, bytes) else str(ready.body or "").encode()
    kept = tuple((name, str(value)) for name, value in ready.headers.items() if name.lower() != "content-length")
    return Request(str(ready.method), str(ready.url), kept, body)


def _label(case: Any) -> str:
    data = case.meta.phase.data if case.meta else None
    description = getattr(data, "description", None) or "a case of the schema"
    return f"from the schema: {description}"


@contextmanager
def _without_foreign_hooks() -> Iterator[None]:
    """Hide SCHEMATHESIS_HOOKS: creating a config executes its code, which could change the cases."""
    hooks = os.environ.pop("SCHEMATHESIS_HOOKS", None)
    try:
        yield
    finally:
        if hooks is not None:
            os.environ["SCHEMATHESIS_HOOKS"] = hooks
