"""Find a defect by its ID, and create a mock with defects."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from mock_server.app import Mock, create_app
from mock_server.defects import (
    access,
    crashes,
    defaults,
    echo_of_ids,
    echo_of_names,
    echo_of_values,
    error_contract,
    holes_of_forms,
    holes_of_values,
    http_rules,
    load,
    made,
    memory,
    over_refusal,
    parser,
    shape,
    sign_in,
    transport,
)
from mock_server.defects.changes import together
from mock_server.defects.defect import Defect
from mock_server.settings.values import SettingError, Settings

MODULES = (
    shape,
    echo_of_names,
    echo_of_values,
    echo_of_ids,
    defaults,
    made,
    access,
    sign_in,
    holes_of_values,
    holes_of_forms,
    over_refusal,
    error_contract,
    crashes,
    parser,
    http_rules,
    memory,
    load,
    transport,
)
CATALOGUE: Mapping[str, Defect] = {defect.id: defect for module in MODULES for defect in module.DEFECTS}


def find(id: str) -> Defect:
    """Return the defect with this ID; the error for an unknown ID suggests similar ones."""
    if id in CATALOGUE:
        return CATALOGUE[id]
    near = difflib.get_close_matches(id, CATALOGUE, cutoff=0.5) or [each for each in CATALOGUE if id in each][:3]
    hint = f"did you mean {' or '.join(near)}?" if near else "the command `defects` lists them"
    raise SettingError(f'there is no defect "{id}"; {hint}')


def create_broken(found: Sequence[Defect], settings: Settings | None = None, **parts: Any) -> Mock:
    """Create a mock with these defects; `parts` are further arguments of `create_app`."""
    change = together(*(defect.change for defect in found))
    mock = create_app(settings, stages=change.stages, **parts)
    return dataclasses.replace(mock, app=change.app(mock.app), at_once=None)  # the defect is in the app
