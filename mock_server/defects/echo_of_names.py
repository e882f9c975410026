"""Echo defects of the name: what databases, sanitizers, encoders and columns do to text."""

from __future__ import annotations

from mock_server.defects import text
from mock_server.defects.changes import field
from mock_server.defects.defect import Group

echo = Group("echo")


def _scientific(name: str) -> str:
    try:
        return str(float(name)) if "e" in name.lower() else name
    except ValueError:
        return name


NAMES = (
    ("lower-case", "easy", "in lower case", str.lower),
    ("title-case", "easy", "with each word capitalized", str.title),
    ("cut-at-16", "easy", "truncated to 16 characters", text.cut(16)),
    ("cut-at-32", "medium", "truncated to 32 characters", text.cut(32)),
    ("cut-at-50", "medium", "truncated to 50 characters", text.cut(50)),
    ("cut-at-64", "medium", "truncated to 64 characters", text.cut(64)),
    ("cut-at-79", "medium", "truncated to 79 characters", text.cut(79)),
    ("cut-at-100", "medium", "truncated to 100 characters", text.cut(100)),
    ("cut-at-191", "medium", "truncated to 191 characters", text.cut(191)),
    ("cut-at-255", "medium", "truncated to 255 characters", text.cut(255)),
    ("cut-at-1000", "hard", "truncated to 1,000 characters", text.cut(1000)),
    ("cut-at-4096", "hard", "truncated to 4,096 characters", text.cut(4096)),
    ("cut-at-64-kib", "hard", "truncated to 65,535 bytes", text.cut_bytes(65535)),
    ("cut-at-80-bytes", "hard", "truncated to 80 bytes", text.cut_bytes(80)),
    ("latin-1", "medium", "with question marks for characters that Latin-1 lacks", text.narrow("latin-1")),
    ("ascii", "medium", "with question marks for characters that ASCII lacks", text.narrow("ascii")),
    ("mojibake", "medium", "as UTF-8 decoded as Latin-1", text.mojibake),
    ("accents-lost", "medium", "without accents", text.without_accents),
    ("compatible-forms", "hard", "in normal form NFKC", text.compatible),
    ("wide-lost", "medium", "with question marks for emoji", text.without_wide),
    ("until-wide", "medium", "truncated before the first emoji", text.until_wide),
    ("apostrophe-doubled", "medium", "with apostrophes doubled as in SQL", text.replaced("'", "''")),
    ("apostrophe-escaped", "medium", "with a backslash before apostrophes", text.replaced("'", "\\'")),
    ("typographic", "medium", "with typographic quotes and dashes", text.typographic),
    ("backslash-lost", "medium", "without backslashes", text.replaced("\\", "")),
    ("backslash-read", "medium", "with \\n turned into a line break", text.unescaped),
    ("percent-decoded", "hard", "with %41 turned into A", text.percent_decoded),
    ("plus-decoded", "hard", "with spaces instead of plus signs", text.form_decoded),
    ("percent-doubled", "medium", "with percent signs doubled", text.replaced("%", "%%")),
    ("braces-filled", "medium", "with {…} filled in by a template", text.matched(r"\{[^{}]*\}", "")),
    ("dollar-filled", "medium", "with $WORD filled in by a shell", text.matched(r"\$\w+", "")),
    ("until-semicolon", "medium", "truncated at the first semicolon", text.matched(r"(?s);.*", "")),
    ("until-hash", "hard", "truncated at the first #", text.matched(r"(?s)#.*", "")),
    ("sql-words-lost", "medium", "without SQL keywords", text.matched(r"(?i)\b(drop|select|insert|delete)\b ?", "")),
    ("blanks-collapsed", "hard", "with several spaces collapsed to one", text.matched(r"(?<=\S) {2,}(?=\S)", " ")),
    ("formula-guarded", "hard", "with an apostrophe before = + - @", text.matched(r"^(?=[=+\-@])", "'")),
    ("hebrew-reversed", "medium", "with Hebrew words reversed", text.right_to_left_reversed),
    ("comma-for-semicolon", "medium", "with commas instead of semicolons", text.replaced(";", ",")),
    ("scientific", "hard", "with 1e3 turned into 1000.0", _scientific),
    ("zeros-lost", "medium", "without leading zeros", text.matched(r"^0+(?=\d)", "")),
    ("empty-filled", "medium", "as Untitled if it is empty", lambda name: name or "Untitled"),
    ("numbered", "easy", "with a number appended", lambda name: f"{name} (1)"),
)

# fmt: off
DEFECTS = (
    *(
        getattr(echo, difficulty)(f"name-{word}", "response.name.echo", f"The name comes back {how}.", field("name", f))
        for word, difficulty, how, f in NAMES
    ),
    echo.medium("name-digits-number", "response.name.type", "A name of digits becomes a number.",
        field("name", text.number_if_digits)),
    echo.medium("name-null-word", "response.name.type", 'The name "null" becomes null.',
        field("name", lambda name: None if name == "null" else name)),
    echo.hard("name-true-word", "response.name.type", 'The names "true" and "false" become booleans.',
        field("name", lambda name: {"true": True, "false": False}.get(name, name))),
)
# fmt: on
