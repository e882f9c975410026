"""Test the API reference: unchanged Swagger UI with the documents of the mock, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from mock_server import RunningMock, Settings, running_mock
from mock_server.control import pages
from mock_server.control.pages import REFERENCE_POLICY, SWAGGER_UI_FILES, swagger_ui
from mock_server.tests.conftest import PATH, ROOT, Open

pytestmark = [pytest.mark.once, pytest.mark.long]

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# -- third-party files


@pytest.mark.parametrize("name", SWAGGER_UI_FILES)
def test_the_files_of_swagger_ui_are_served_byte_for_byte(name: str, lead_list_mock: RunningMock) -> None:
    served = httpx2.get(f"{lead_list_mock.url}/__mock__/reference/{name}")
    (file,) = [path for path in swagger_ui() if path.name == name]
    assert served.content == file.read_bytes()
    assert served.headers["content-security-policy"] == REFERENCE_POLICY


def test_no_third_party_file_is_in_the_source_tree() -> None:
    folder = Path(pages.__file__).parent / "reference"
    assert {path.name for path in folder.iterdir()} == {"index.html", "reference.css", "reference.js"}


# -- the documents


@pytest.mark.parametrize(
    ("name", "file"), [("openapi.yaml", "spec/openapi.yaml"), ("control.yaml", "mock_server/control/control.yaml")]
)
def test_a_document_is_served_byte_for_byte(name: str, file: str, lead_list_mock: RunningMock) -> None:
    answer = httpx2.get(f"{lead_list_mock.url}/__mock__/{name}")
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.content == (ROOT / file).read_bytes()


# -- the web page


def reference(mock: RunningMock, query: str = "") -> str:
    return f"{mock.url}/__mock__/reference/{query}"


def operation(page: Page, name: str = f"POST {PATH}") -> Locator:
    return page.locator(".opblock-summary-control").and_(page.get_by_role("button", name=name))


def execute(page: Page) -> str:
    """Return the status that Swagger UI shows for its request."""
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    shown = page.locator(".live-responses-table tbody .response-col_status")
    shown.wait_for()
    return shown.inner_text().split()[0]


def test_the_operation_is_shown_with_both_examples(lead_list_mock: RunningMock, open_page: Open) -> None:
    page = open_page(reference(lead_list_mock))
    operation(page).click()
    assert "Q1 2024 Tech Startups" in page.locator(".opblock-section-request-body").inner_text()
    assert "user_xyz789" in page.locator(".responses-wrapper").inner_text()


def test_try_it_out_works_with_the_cookie_of_the_mock(lead_list_mock: RunningMock, open_page: Open) -> None:
    page = open_page(reference(lead_list_mock))
    page.evaluate(
        """fetch("/__mock__/sessions", {method: "POST", body: '{"user": "user_abc123"}',
             headers: {"Content-Type": "application/json", "X-Mock-Control": "1"}})"""
    )
    operation(page).click()
    assert execute(page) == "201"
    assert lead_list_mock.lists()[0]["userIds"] == ["user_abc123"]


def test_try_it_out_works_with_a_bearer_token(lead_list_mock: RunningMock, open_page: Open) -> None:
    page = open_page(reference(lead_list_mock))
    page.locator(".auth-wrapper .authorize").first.click()
    bearer = page.locator(".auth-container", has_text="sessionBearer")
    bearer.locator("input").fill("xyz789-session")
    bearer.locator("button.authorize").click()
    page.locator(".close-modal").click()
    operation(page).click()
    assert execute(page) == "201"
    lead_list_mock.verify(times=1, path=PATH, user="user_xyz789", body={"name": "Q1 2024 Tech Startups"})


def test_the_control_api_is_the_second_document_and_works_in_a_world(
    lead_list_mock: RunningMock, open_page: Open
) -> None:
    page = open_page(reference(lead_list_mock, "?world=t9"))
    assert page.locator("#select option").all_inner_texts() == ["The API", "Control of the mock"]
    page.locator("#select").select_option(label="Control of the mock")
    operation(page, "PUT /__mock__/faults").click()
    assert execute(page) == "200"
    assert lead_list_mock.in_world("t9").control("GET", "faults")["faults"][0]["status"] == 500
    assert lead_list_mock.control("GET", "faults")["faults"] == []


def test_requests_go_to_the_mock_whatever_servers_a_spec_names(tmp_path: Path, open_page: Open) -> None:
    for path in (ROOT / "spec").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "openapi.yaml").open("a") as file:
        file.write("servers:\n  - url: https://api.elsewhere.test/base\n")
    with running_mock(spec_dir=tmp_path) as mock:
        page = open_page(reference(mock))
        operation(page).click()
        assert execute(page) == "401"
        assert mock.requests()[0]["path"] == f"/base{PATH}"


def test_beyond_loopback_the_token_of_the_dashboard_opens_the_documents(open_page: Open) -> None:
    with running_mock(Settings(control_token="open-sesame")) as mock:
        page = open_page(reference(mock))
        page.locator(".errors-wrapper, .loading-container .failed").first.wait_for()
        page.evaluate("""sessionStorage.setItem("leadlists-mock-token", "open-sesame")""")
        page.reload()
        operation(page).wait_for()
