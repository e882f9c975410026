"""What an error says of a body that a reading refuses (`leadlists-mock readings`)."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from mock_server.pipeline import errors, words

WORDS: Mapping[str, tuple[str, str]] = {
    **words.WORDS,
    "server_made": ("no such field", "{field} is made by the server; leave it out."),
    "not_empty": ("at least one character", "{field} is empty; send at least one character."),
    "not_blank": ("a character that is no blank", "{field} consists of blanks; send at least one other character."),
    "no_outer_blanks": ("no blanks around the text", "{field} has blanks around it: {got}; cut them off."),
    "length": ("at most {limit} characters", "{field} has {got}; send at most {limit}."),
    "composed": ("text in normal form C", "{field} is not in Unicode normal form C: {got}; compose it."),
    "no_markup": ("text without tags", "{field} has markup in it: {got}; send plain text."),
    "no_nul": ("text without U+0000", "{field} has the character U+0000 in it; leave it out."),
    "no_control": ("text without control characters", "{field} has the control character {got} in it; leave it out."),
    "order": ("endDate after startDate", "endDate lies before startDate ({got}); swap them, or mend the wrong one."),
    "not_equal": ("endDate after startDate", "endDate is the same instant as startDate; let the campaign last."),
    "known": ("an id that exists", "{field} is {got}, and nothing has that id; send one that exists{example}."),
    "unused": ("an empty array", "{field} is not used on a list of type {type}; leave it empty."),
    "once": ("each id once", "{field} has {got} twice; send each id once."),
    "items": ("at most {limit} ids", "{field} has {got}; send at most {limit}."),
}

problem = functools.partial(errors.worded_problem, WORDS)
