"""What an alert is known by, and matchers over it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from verascope.records import Severity

Key = tuple[str, str]
"""(rule, subject): what an alert is about, whichever of its episodes."""


class Field(StrEnum):
    """By what alerts are matched, grouped and inhibited. group: the rule's, such as `system`."""

    RULE = "rule"
    SEVERITY = "severity"
    GROUP = "group"
    SUBJECT = "subject"


class Op(StrEnum):
    """contains: anywhere in the value, whatever the case; the others compare whole values."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class Target:
    """One alert as matchers see it."""

    rule: str
    severity: Severity
    group: str
    subject: str

    @property
    def key(self) -> Key:
        return (self.rule, self.subject)

    def value(self, field: Field) -> str:
        match field:
            case Field.RULE:
                return self.rule
            case Field.SEVERITY:
                return self.severity.value
            case Field.GROUP:
                return self.group
            case Field.SUBJECT:
                return self.subject
            case _:
                assert_never(field)


@dataclass(frozen=True, slots=True)
class Matcher:
    field: Field
    op: Op
    value: str

    def matches(self, target: Target) -> bool:
        found = target.value(self.field)
        match self.op:
            case Op.IS:
                return found == self.value
            case Op.IS_NOT:
                return found != self.value
            case Op.CONTAINS:
                return self.value.casefold() in found.casefold()
            case _:
                assert_never(self.op)


def all_match(matchers: Sequence[Matcher], target: Target) -> bool:
    """No matchers match nothing: a silence of everything has to be meant."""
    return bool(matchers) and all(one.matches(target) for one in matchers)
