"""The table of report formats. A new format needs its writer and a line here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from contract_tests.report.receipt import Receipt, files_of, search
from contract_tests.results.files import write_whole
from contract_tests.results.result import RunResult

STANDARD_OUTPUT = "-"

Writer = Callable[[RunResult, Path | None, Receipt | None], str]  # the path is the folder of the record


class ReportError(Exception):
    """A report cannot be written; the message names the format or the file."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format; the module of its name has `write`. file_name: in the folder of the run, or `-` for stdout."""

    name: str
    file_name: str
    summary: str

    def write(self, result: RunResult, folder: Path | None, receipt: Receipt | None = None) -> str:
        """Return the report as text. The module is imported on use, because most runs need one format or none."""
        writer: Writer = import_module(f"contract_tests.report.{self.name}").write
        return writer(result, folder, receipt)


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format("html", "report.html", "web page for people: a single file for e-mail or as a CI artifact"),
        Format("junit", "junit.xml", "JUnit XML, for nearly every CI system"),
        Format("sarif", "report.sarif", "SARIF 2.1.0, for code scanning"),
        Format("github", STANDARD_OUTPUT, "GitHub Actions: annotations, and the job summary if there is one"),
        Format("gitlab", "gl-code-quality.json", "GitLab code quality"),
        Format("markdown", "report.md", "Markdown, for a comment or a wiki"),
        Format("json", "report.json", "JSON, for your own programs"),
        Format("pytest", "failures.py", "pytest tests: one for each broken clause, which sends its requests again"),
        Format("har", "failures.har", "HTTP archive of the exchanges that show failures"),
        Format("ctrf", "ctrf.json", "Common Test Report Format"),
        Format("badge", "badge.json", "badge of shields.io"),
        Format("passport", "passport.md", "one sheet: contract, kit, readings, clauses that hold, deviations"),
    )
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One requested report. path: None for the default file name in the folder of the run."""

    format: Format
    path: Path | None = None

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """Parse `FORMAT` or `FORMAT=FILE`; raise ReportError with the existing formats."""
        name, _, file = text.partition("=")
        if name not in FORMATS:
            raise ReportError(f"there is no report format {name!r}; choose {', '.join(FORMATS)}")
        return cls(FORMATS[name], Path(file) if file else None)


@dataclass(frozen=True, slots=True)
class Written:
    """The written reports. problems: a sentence for each report that could not be written."""

    files: tuple[Path, ...]
    problems: tuple[str, ...]
    receipt: Receipt | None


def write_reports(
    wanted: Collection[Wanted],
    result: RunResult,
    folder: Path | None,
    say: Callable[[str], None],
    *,
    secrets: Collection[str] = (),
) -> Written:
    """Write all reports; continue if one cannot be written.

    say: prints text to standard output. secrets: searched for in the record and in all reports; each report ends with
    the number of places where they were found.
    """
    receipt = None
    if secrets and folder is not None:
        contents: list[bytes | Path] = [*files_of(folder)]
        contents += [_encoded(each.format.write(result, folder)) for each in wanted]
        receipt = search(contents, secrets, folder)
    files, problems = [], []
    for each in wanted:
        text = each.format.write(result, folder, receipt)
        path = each.path or Path(each.format.file_name)
        if each.path is None and folder is not None and str(path) != STANDARD_OUTPUT:
            path = folder / path
        try:
            if each.format.name == "github":
                from contract_tests.report import github  # on use, as in Format.write

                github.append_summary(result, folder, receipt)
            if str(path) == STANDARD_OUTPUT:
                say(text)
            else:
                write_whole(path, _encoded(text))
                files.append(path)
        except OSError as error:
            problems.append(
                f"--report {each.format.name}: {error.filename or path} cannot be written: {error.strerror}"
            )
    return Written(tuple(files), tuple(problems), receipt)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
