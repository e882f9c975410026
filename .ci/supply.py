"""Write an SBOM of the installed packages to dist/sbom.json and list their licences: `make supply`.

Exit 1 if a package that users install (.lock/runtime.txt) has no licence, or one that asks more of a user of this
MIT-licensed kit than to keep notices. Run by the Python of .supply, which has the libraries.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from license_expression import ExpressionError, get_spdx_licensing

ROOT = Path(__file__).parents[1]
SBOM = ROOT / "dist" / "sbom.json"
# The MPL covers only the files of the package itself.
COMPATIBLE = {"MIT", "MIT-0", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PSF-2.0", "MPL-2.0", "Unlicense"}
# For packages that only have a trove classifier.
CLASSIFIERS = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
SPDX = get_spdx_licensing()


def licence_of(component: dict[str, Any]) -> str:
    """Return the licence of a component as an SPDX expression; empty if it has none.

    Several entries are joined with AND: nothing says that a user may choose.
    """
    named: dict[str, None] = {}
    for entry in component.get("licenses", ()):
        licence = entry.get("license", {})
        name = licence.get("name", "").split(" :: ")[-1]
        named[entry.get("expression") or licence.get("id") or CLASSIFIERS.get(name, name)] = None
    return " AND ".join(f"({each})" if " OR " in each and len(named) > 1 else each for each in named)


def is_compatible(licence: str) -> bool:
    """Return whether some choice of an expression has only compatible licences."""
    try:
        expression = SPDX.parse(licence, validate=True)
    except ExpressionError:
        return False
    if expression is None:
        return False
    values = {each: SPDX.TRUE if each.key in COMPATIBLE else SPDX.FALSE for each in expression.symbols}
    return bool(expression.subs(values).simplify() == SPDX.TRUE)


def main() -> int:
    SBOM.parent.mkdir(exist_ok=True)
    command = [Path(sys.executable).with_name("cyclonedx-py"), "environment", "--output-reproducible", ROOT / ".venv"]
    subprocess.run([*command, "--output-format", "JSON", "--output-file", SBOM], check=True, stderr=subprocess.DEVNULL)
    runtime = set(re.findall(r"^([\w.-]+)(?:\[.*?\])?==", (ROOT / ".lock" / "runtime.txt").read_text(), re.MULTILINE))
    by_licence: dict[str, list[str]] = defaultdict(list)
    unseen, wrong = set(runtime), []
    for component in json.loads(SBOM.read_text())["components"]:
        name, licence = re.sub(r"[-_.]+", "-", component["name"]).lower(), licence_of(component)
        unseen.discard(name)
        by_licence[licence or "none"].append(name if name in runtime else f"({name})")
        if name in runtime and not is_compatible(licence):
            wrong.append(f"{name}: {licence or 'no licence'}")
    for licence, names in sorted(by_licence.items()):
        print(f"{licence}: {', '.join(sorted(names))}")
    print(f"Packages in parentheses are for development only. The SBOM is in {SBOM.relative_to(ROOT)}.")
    if unseen:
        print(f"Not installed here, so not checked: {', '.join(sorted(unseen))}.")
    for each in wrong:
        print(f"not compatible with MIT: {each}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
