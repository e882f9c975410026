"""Open the judging of live traffic, and the proxy that the traffic passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from contract_tests.composition.start import first_event
from contract_tests.composition.suites import load_suites
from contract_tests.contract.loading import load_specification
from contract_tests.contract.terms import Terms
from contract_tests.live.passive import PassiveJudge
from contract_tests.live.proxy import Address, ProxyProcess
from contract_tests.live.watching import BEARER, COOKIE, Watching
from contract_tests.operation_suite import OperationSuite, judge_with
from contract_tests.results.bounded_record import RECORD_BYTES, BoundedRecord
from contract_tests.settings.secrets import Masker
from contract_tests.settings.values import Settings


@contextmanager
def open_watching(
    settings: Settings,
    *,
    folder: Path | None = None,
    masker: Masker | None = None,
    suites: tuple[OperationSuite, ...] | None = None,
    record_bytes: int = RECORD_BYTES,
) -> Iterator[Watching]:
    """Open the judging of traffic that other programs cause; when the block ends, close its record.

    folder: where the record goes; without it none is written. masker: learns the secrets of the traffic.
    record_bytes: of the record; beyond this it keeps only what is news. Raises RecordError.
    """
    terms = Terms.of(load_specification(settings.spec_folder), settings)
    started = first_event(terms)
    shown = dict.fromkeys((*started.variables, BEARER, COOKIE))
    started = replace(started, depth="seen traffic", users=("the users of the traffic",), variables=tuple(shown))
    record = None if folder is None else BoundedRecord(folder, record_bytes)
    try:
        yield Watching(
            started,
            PassiveJudge(judge_with(terms, load_suites(settings.suites) if suites is None else suites)),
            base_url=terms.base_url,
            cookie_name=terms.specification.cookie_name,
            secrets=masker or Masker(settings.secrets),
            record=record,
        )
    finally:
        if record is not None:
            record.close()


def proxy_of(settings: Settings, *, host: str, port: int, keeps_host: bool = False) -> ProxyProcess:
    """Return a proxy, not yet started, for the server of the settings. host, port: where it listens."""
    terms = Terms.of(load_specification(settings.spec_folder), settings)
    base_path = urlsplit(terms.base_url).path
    return ProxyProcess(
        Address(
            terms.base_url,
            tuple(base_path + operation.path for operation in terms.specification.operations),
            host,
            port,
            keeps_host,
            settings.ca_file,
            settings.client_cert,
            settings.client_key,
        )
    )
