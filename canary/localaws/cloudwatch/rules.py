"""
The rule of a composite alarm.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from __future__ import annotations

import re
from collections.abc import Callable

StateOf = Callable[[str], str]

_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|(?P<bare>[^\s\")]+))\s*\)"
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE|\(|\)))"
)


class RuleError(ValueError):
    """The rule cannot be read."""


class CompositeRule:
    """A parsed rule: `alarms` are the names that it reads, `holds` evaluates it."""

    def __init__(self, text: str) -> None:
        self.alarms: list[str] = []
        self._parts = self._split(text)
        self._holds = self._either()
        if self._parts:
            raise RuleError(f"AlarmRule must not contain {self._parts[0]!r} here")

    def holds(self, state_of: StateOf) -> bool:
        """Whether the rule is true with the alarms' present states."""
        return self._holds(state_of)

    def _split(self, text: str) -> list[str | tuple[str, str]]:
        parts: list[str | tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position)
            if found is None:
                raise RuleError(f"AlarmRule cannot be read from {text[position:].strip()!r}")
            if found["state"]:
                name = (found["quoted"] or found["bare"]).rpartition(":alarm:")[2]
                self.alarms.append(name)
                parts.append((found["state"], name))
            else:
                parts.append(found["word"])
            position = found.end()
        return parts

    def _either(self) -> Callable[[StateOf], bool]:
        terms = [self._both()]
        while self._accept("OR"):
            terms.append(self._both())
        return lambda state_of: any(term(state_of) for term in terms)

    def _both(self) -> Callable[[StateOf], bool]:
        terms = [self._one()]
        while self._accept("AND"):
            terms.append(self._one())
        return lambda state_of: all(term(state_of) for term in terms)

    def _one(self) -> Callable[[StateOf], bool]:
        if not self._parts:
            raise RuleError("AlarmRule ends too early")
        part = self._parts.pop(0)
        if isinstance(part, tuple):
            state, name = part
            return lambda state_of: state_of(name) == state
        if part == "NOT":
            inner = self._one()
            return lambda state_of: not inner(state_of)
        if part == "(":
            whole = self._either()
            if not self._accept(")"):
                raise RuleError("AlarmRule lacks a closing parenthesis")
            return whole
        if part in ("TRUE", "FALSE"):
            return lambda _: part == "TRUE"
        raise RuleError(f"AlarmRule must not contain {part!r} here")

    def _accept(self, word: str) -> bool:
        if self._parts and self._parts[0] == word:
            self._parts.pop(0)
            return True
        return False
