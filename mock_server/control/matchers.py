"""Matchers of JSON values, written as JSON with `$contains`, `$matches`, `$anyOrder` and `$equals`. Pure.

An object matches an object that has all its members, an array matches its elements in this order, and any other value
matches an equal value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from mock_server.contract.schema import JsonPath
from mock_server.pipeline.problems import pointer_to, shorten

NOTHING = "nothing"
PAIRED_MOST = 200  # elements of $anyOrder: each is compared with each
ABSENT = object()  # a missing value; different from all JSON values

Difference = dict[str, str]
Matcher = Callable[[Any, JsonPath], Iterator[Difference]]


class WrongMatcher(ValueError):
    """An invalid matcher: its path, its value, and what is valid."""

    def __init__(self, path: JsonPath, got: Any, want: str) -> None:
        super().__init__(path, got, want)
        self.path = path
        self.got = got
        self.want = want


def compile_matcher(want: Any, path: JsonPath = ()) -> Matcher:
    """Compile a matcher to a function that yields the differences of a value; raise WrongMatcher."""
    if isinstance(want, dict):
        special = [name for name in want if name.startswith("$")]
        if special:
            if len(want) > 1 or special[0] not in _SPECIAL:
                raise WrongMatcher(path, special[0], f"one of {', '.join(_SPECIAL)}, alone in its object")
            return _SPECIAL[special[0]](want[special[0]], path)
        if meant := _without_dollar(want):  # else times: 0 would pass for a slip of the pen
            form = f'{{"{meant}": ...}}, or for an object with this member {{"$equals": {{"{meant[1:]}": ...}}}}'
            raise WrongMatcher(path, next(iter(want)), form)
        return _members({name: compile_matcher(each, (*path, name)) for name, each in want.items()})
    if isinstance(want, list):
        return _elements([compile_matcher(each, (*path, i)) for i, each in enumerate(want)])
    return _equal(want)


def compile_text_matcher(want: Any, path: JsonPath, *, has_arrays: bool = False) -> Matcher:
    """Compile a matcher for a text, or with `has_arrays` for texts; raise WrongMatcher also if it matches none."""
    matcher = compile_matcher(want, path)
    _check_texts(want, path, has_arrays)
    return matcher


def _check_texts(want: Any, path: JsonPath, has_arrays: bool) -> None:
    if isinstance(want, list) and has_arrays:
        for i, each in enumerate(want):
            _check_texts(each, (*path, i), False)
    elif isinstance(want, dict) and (name := next(iter(want), "")) in _SPECIAL:
        if name != "$matches":
            _check_texts(want[name], path, has_arrays and name != "$contains")
    elif not isinstance(want, str):
        raise WrongMatcher(
            path, want, "a text" if isinstance(want, dict | list) else f'a text, such as "{shorten(want)}"'
        )


def difference(path: JsonPath, want: str, got: Any) -> Difference:
    """Describe one difference, with a JSON pointer into the matcher."""
    return {"path": pointer_to(path), "want": want, "got": NOTHING if got is ABSENT else shorten(got)}


def is_equal(one: Any, other: Any) -> bool:
    """Return whether two JSON values are equal; in JSON, true is not 1."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_equal(each, other[name]) for name, each in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_equal, one, other))
    return bool(one == other)


def _equal(want: Any, path: JsonPath = ()) -> Matcher:
    def matcher(got: Any, path: JsonPath) -> Iterator[Difference]:
        if not is_equal(want, got):
            yield difference(path, shorten(want), got)

    return matcher


def _members(members: dict[str, Matcher]) -> Matcher:
    def matcher(got: Any, path: JsonPath) -> Iterator[Difference]:
        if not isinstance(got, dict):
            yield difference(path, "an object", got)
            return
        for name, each in members.items():
            yield from each(got.get(name, ABSENT), (*path, name))

    return matcher


def _elements(elements: Sequence[Matcher]) -> Matcher:
    def matcher(got: Any, path: JsonPath) -> Iterator[Difference]:
        if not isinstance(got, list) or len(got) != len(elements):
            yield difference(path, f"an array of {len(elements)}" if elements else "[]", got)
            return
        for i, (each, element) in enumerate(zip(elements, got, strict=True)):
            yield from each(element, (*path, i))

    return matcher


@dataclass(frozen=True, slots=True)
class _Predicate:
    """A matcher that matches or not as a whole."""

    want: str
    holds: Callable[[Any], bool]

    def __call__(self, got: Any, path: JsonPath) -> Iterator[Difference]:
        if not self.holds(got):
            yield difference(path, self.want, got)


def _contains(want: Any, path: JsonPath) -> Matcher:
    element = compile_matcher(want, path)

    def holds(got: Any) -> bool:
        if isinstance(got, list):
            return any(_fits(element, each) for each in got)
        return isinstance(got, str) and isinstance(want, str) and want in got

    def matcher(got: Any, path: JsonPath) -> Iterator[Difference]:
        if not holds(got):
            kind = "an array" if isinstance(got, list) or not isinstance(want, str) else "a text"
            yield difference(path, f"{kind} that contains {shorten(want)}", got)

    return matcher


def _matches(want: Any, path: JsonPath) -> Matcher:
    wanted = "a regular expression without look-around and back-references"
    if not isinstance(want, str):
        raise WrongMatcher(path, want, wanted)
    if re.fullmatch(r"/(\^.*|.*\$)/[a-z]*", want, re.DOTALL):  # a text neither starts nor ends next to a slash
        raise WrongMatcher(path, want, "a regular expression without the slashes of JavaScript")
    try:  # this engine takes linear time for any pattern
        options = jsonschema_rs.RegexOptions()
        compiled = jsonschema_rs.Draft202012Validator({"pattern": want}, pattern_options=options)
    except ValueError:
        raise WrongMatcher(path, want, wanted) from None
    return _Predicate(f"a text that matches {want}", lambda got: isinstance(got, str) and compiled.is_valid(got))


def _any_order(want: Any, path: JsonPath) -> Matcher:
    if not isinstance(want, list):
        raise WrongMatcher(path, want, "an array")
    # Plain values are counted, because equal ones are interchangeable; only the rest is paired.
    plain = Counter(map(_plain, filter(_is_plain, want)))
    rest = [compile_matcher(each, (*path, i)) for i, each in enumerate(want) if not _is_plain(each)]
    if len(rest) > PAIRED_MOST:
        raise WrongMatcher(path, want, f"at most {PAIRED_MOST} elements that are not texts, numbers, booleans or null")

    def holds(got: Any) -> bool:
        if not isinstance(got, list) or len(got) != len(want):
            return False
        missing = plain.copy()
        left = []
        for each in got:
            if _is_plain(each) and missing[_plain(each)] > 0:
                missing[_plain(each)] -= 1
            else:
                left.append(each)
        return len(left) == len(rest) and _pair_up(rest, left)

    return _Predicate(f"these {len(want)} in any order", holds)


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _without_dollar(want: dict[str, Any]) -> str:
    """Return the special name that the only member of an object looks like, or an empty string."""
    found = re.sub("[^a-z]", "", next(iter(want)).lower()) if len(want) == 1 else ""
    return next((name for name in _SPECIAL if name[1:].lower() == found), "")


def _plain(value: Any) -> tuple[bool, Any]:
    return isinstance(value, bool), value


def _fits(matcher: Matcher, got: Any) -> bool:
    return next(matcher(got, ()), None) is None


def _pair_up(elements: Sequence[Matcher], got: Sequence[Any]) -> bool:
    """Return whether each element can have a different value: a maximum matching by augmenting paths (Kuhn)."""
    taken: dict[int, int] = {}  # index of a value -> the element paired with it
    fitting: dict[int, list[int]] = {}

    def find_place(element: int, tried: set[int]) -> bool:
        if element not in fitting:
            fitting[element] = [place for place, each in enumerate(got) if _fits(elements[element], each)]
        for place in fitting[element]:
            if place in taken or place in tried:
                continue
            taken[place] = element
            return True
        for place in fitting[element]:
            if place not in tried:
                tried.add(place)
                if find_place(taken[place], tried):
                    taken[place] = element
                    return True
        return False

    return all(find_place(element, set()) for element in range(len(elements)))


_SPECIAL: dict[str, Callable[[Any, JsonPath], Matcher]] = {
    "$contains": _contains,
    "$matches": _matches,
    "$anyOrder": _any_order,
    "$equals": _equal,
}
