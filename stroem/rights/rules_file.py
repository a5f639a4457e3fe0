"""Parses the file of roles and rules of a workspace."""

import itertools
from collections.abc import Mapping
from typing import Any

import attrs

from stroem.conversion.mistake import Mistake, Mistakes, missing_key
from stroem.conversion.positions import Positions
from stroem.conversion.problem_places import MAX_PROBLEMS, flaw_problem, place, unreadable_problem
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG, Convert, listing, mapping, wrong_type
from stroem.conversion.suggestions import Suggester
from stroem.conversion.yaml import Unreadable, read_yaml
from stroem.definitions.values import Path
from stroem.definitions.workflow_folder import RULES_FILE
from stroem.rights.rule_mistakes import role_mistakes, rule_mistakes, withheld_mistakes
from stroem.rights.workspace_rules import RulesFile
from stroem.settings.rights import RoleSettings, RuleSettings


@attrs.frozen(kw_only=True)
class RulesContent:
    """The keys of the file."""

    roles: dict[str, RoleSettings] = attrs.Factory(dict)
    rules: tuple[RuleSettings, ...] = ()


def parse_rules_file(data: bytes, digest: str = "") -> RulesFile:
    """The content of the file, with all its mistakes. Never raises, for any bytes."""
    try:
        document = read_yaml(data)
    except Unreadable as error:
        return RulesFile(digest=digest, problems=(unreadable_problem(RULES_FILE, error),))
    mistakes = Mistakes(document.scalars)
    content = _content({} if document.value is None else document.value, mistakes)
    problems = [flaw_problem(RULES_FILE, flaw) for flaw in document.flaws]
    suggester = Suggester()
    problems += [placed.hinted(suggester, {}) for placed in place(RULES_FILE, data, mistakes)]
    if problems:
        return RulesFile(digest=digest, problems=tuple(sorted(problems, key=lambda one: (one.line, one.column))))
    positions = Positions(data)
    lines = [positions.place(Mistake(code="", message="", path=("rules", i)))[0] for i in range(len(content.rules))]
    return RulesFile(digest=digest, roles=content.roles, rules=content.rules, lines=tuple(lines))


def _content(value: Any, mistakes: Mistakes) -> Any:
    """The roles and rules; what has mistakes is left out."""
    if type(value) is not dict:
        return wrong_type("a mapping", value, (), mistakes, "with the keys roles and rules")
    if value.get("rules") is None:
        mistakes.append(missing_key("rules", (), "write [] to give nothing"))
    given = value.get("roles")
    roles = {} if given is None else _ROLES(given, ("roles",), mistakes)
    known = {} if roles is WRONG else roles
    mistakes.extend(map(_named, itertools.islice(role_mistakes(known), MAX_PROBLEMS)))
    named = {*known, *(given if type(given) is dict else ())}
    rules = listing(_rule_converter({name: known.get(name, RoleSettings(verbs=())) for name in named}))
    return Record(RulesContent, roles=lambda *_: known, rules=rules)(value, (), mistakes)


def _rule_converter(roles: Mapping[str, RoleSettings]) -> Convert:
    """The converter of a rule, which adds what is wrong beyond its shape."""

    def convert(value: Any, path: Path, mistakes: Mistakes) -> Any:
        before = len(mistakes)
        rule = _RULE(value, path, mistakes)
        if rule is WRONG or before >= MAX_PROBLEMS:
            return rule
        is_whole = len(mistakes) == before
        found = (*rule_mistakes(rule, path, roles), *withheld_mistakes(rule, path, roles))
        mistakes.extend(_named(one) for one in found[:MAX_PROBLEMS] if is_whole or one.path != path)
        return rule

    return convert


def _named(mistake: Mistake) -> Mistake:
    """The mistake with its path in the message."""
    return attrs.evolve(mistake, message=str(mistake))


_RULE = Record(RuleSettings)
_ROLES = mapping(Record(RoleSettings))
