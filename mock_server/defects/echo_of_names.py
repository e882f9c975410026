"""Echo of the name: every way in which databases, sanitizers, encoders and columns mangle a text."""

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
    ("title-case", "easy", "with a capital for each word", str.title),
    ("cut-at-16", "easy", "cut after 16 characters", text.cut(16)),
    ("cut-at-32", "medium", "cut after 32 characters", text.cut(32)),
    ("cut-at-50", "medium", "cut after 50 characters", text.cut(50)),
    ("cut-at-64", "medium", "cut after 64 characters", text.cut(64)),
    ("cut-at-79", "medium", "cut after 79 characters", text.cut(79)),
    ("cut-at-100", "medium", "cut after 100 characters", text.cut(100)),
    ("cut-at-191", "medium", "cut after 191 characters", text.cut(191)),
    ("cut-at-255", "medium", "cut after 255 characters", text.cut(255)),
    ("cut-at-1000", "hard", "cut after 1,000 characters", text.cut(1000)),
    ("cut-at-4096", "hard", "cut after 4,096 characters", text.cut(4096)),
    ("cut-at-64-kib", "hard", "cut after 65,535 bytes", text.cut_bytes(65535)),
    ("cut-at-80-bytes", "hard", "cut after 80 bytes", text.cut_bytes(80)),
    ("latin-1", "medium", "with question marks for what Latin-1 lacks", text.narrow("latin-1")),
    ("ascii", "medium", "with question marks for what ASCII lacks", text.narrow("ascii")),
    ("mojibake", "medium", "as UTF-8 that was read as Latin-1", text.mojibake),
    ("accents-lost", "medium", "without accents", text.without_accents),
    ("compatible-forms", "hard", "in normal form KC, with plain letters for special ones", text.compatible),
    ("wide-lost", "medium", "with question marks for emoji", text.without_wide),
    ("until-wide", "medium", "cut before the first emoji", text.until_wide),
    ("apostrophe-doubled", "medium", "with apostrophes doubled as in SQL", text.replaced("'", "''")),
    ("apostrophe-escaped", "medium", "with a backslash before apostrophes", text.replaced("'", "\\'")),
    ("typographic", "medium", "with typographic quotes and dashes", text.typographic),
    ("backslash-lost", "medium", "without backslashes", text.replaced("\\", "")),
    ("backslash-read", "medium", "with \\n turned into a line break", text.unescaped),
    ("percent-decoded", "hard", "with %41 turned into A", text.percent_decoded),
    ("plus-decoded", "hard", "with blanks for plus signs", text.form_decoded),
    ("percent-doubled", "medium", "with percent signs doubled", text.replaced("%", "%%")),
    ("braces-filled", "medium", "with {…} filled in by a template", text.matched(r"\{[^{}]*\}", "")),
    ("dollar-filled", "medium", "with $WORD filled in by a shell", text.matched(r"\$\w+", "")),
    ("until-semicolon", "medium", "cut at the first semicolon", text.matched(r"(?s);.*", "")),
    ("until-hash", "hard", "cut at the first number sign", text.matched(r"(?s)#.*", "")),
    ("sql-words-lost", "medium", "without words of SQL", text.matched(r"(?i)\b(drop|select|insert|delete)\b ?", "")),
    ("blanks-collapsed", "hard", "with one blank for several", text.matched(r"(?<=\S) {2,}(?=\S)", " ")),
    ("formula-guarded", "hard", "with an apostrophe before = + - @", text.matched(r"^(?=[=+\-@])", "'")),
    ("hebrew-reversed", "medium", "with Hebrew words reversed", text.right_to_left_reversed),
    ("comma-for-semicolon", "medium", "with commas for semicolons", text.replaced(";", ",")),
    ("scientific", "hard", "with 1e3 turned into 1000.0", _scientific),
    ("zeros-lost", "medium", "without leading zeros", text.matched(r"^0+(?=\d)", "")),
    ("empty-filled", "medium", "as Untitled where it is empty", lambda name: name or "Untitled"),
    ("numbered", "easy", "with a number behind it", lambda name: f"{name} (1)"),
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
