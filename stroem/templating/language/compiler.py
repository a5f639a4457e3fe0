"""From a text to something that renders it, kept in bounded caches."""

from collections.abc import Collection, Mapping
from functools import lru_cache

import attrs
from jinja2 import Template, TemplateSyntaxError, nodes

from stroem.definitions.values import Json
from stroem.templating.budget import CHARACTERS_A_UNIT, MAX_TEXT, Budget, QuickBudgetSpent, checked
from stroem.templating.errors import Fault, Missing, MissingUsed, Refused, TemplateProblem
from stroem.templating.language.environment import TemplateContext, TemplateEnvironment
from stroem.templating.language.grammar import refuse_literals, verify
from stroem.templating.language.hyphens import candidates
from stroem.templating.language.paths import PathTemplate, path_template
from stroem.templating.language.references import Mention, mentions
from stroem.templating.language.rewriter import Rewriter, shared_names
from stroem.templating.language.unclosed import unclosed

MAX_TEMPLATE = 256 * 1024
COMPILED_TEMPLATES = 1_024
EXAMINED_TEMPLATES = 8_192
LONG_TEMPLATE = 16 * 1024
LONG_TEMPLATES = 16
UNITS_A_CHARACTER = 16

_HINT = "Text that only looks like a template goes between `{% raw %}` and `{% endraw %}`."
_ENVIRONMENT = TemplateEnvironment()
_NO_NAMES: frozenset[str] = frozenset()


class NotATemplate(Exception):
    """The text cannot be parsed."""

    def __init__(self, problem: TemplateProblem) -> None:
        self.problem = problem
        super().__init__(problem.reason)


@attrs.frozen(kw_only=True)
class Examined:
    """Facts about a text that need no compilation."""

    problem: TemplateProblem | None = None
    mentions: tuple[Mention, ...] = ()


@attrs.frozen(kw_only=True)
class ExpressionTemplate:
    """A compiled template. `around` is the blank text around a single expression, None when there is more."""

    template: Template
    around: tuple[str, str] | None
    is_path: bool

    def render(self, context: Mapping[str, object], budget: Budget) -> Json:
        """The text, or the value of a single expression; a Fault when it cannot be had."""
        scope = TemplateContext(_ENVIRONMENT, context, None, {})  # type: ignore[arg-type]
        scope.budget = budget
        scope.shared = {}
        try:
            text = self._run(scope, budget)
            return text if self.around is None else self._alone(scope.kept, budget)
        except Fault as fault:
            fault.line = self._line(fault)
            raise
        except QuickBudgetSpent:
            raise
        except Exception as error:
            unforeseen = Fault(f"the template cannot work with these values ({type(error).__name__})")
            unforeseen.line = self._line(error)
            raise unforeseen from None

    def _run(self, scope: TemplateContext, budget: Budget) -> str:
        parts = []
        length = 0
        for part in self.template.root_render_func(scope):
            length += len(part)
            if length > MAX_TEXT:
                budget.text(length)
            parts.append(part)
        budget.text(length)
        return "".join(parts)

    def _alone(self, value: object, budget: Budget) -> Json:
        assert self.around is not None
        if isinstance(value, Missing):
            raise MissingUsed(value)
        if isinstance(value, str):
            return self.around[0] + value + self.around[1]
        if self.is_path:
            return checked(value)  # type: ignore[return-value]
        budget.weigh(value)
        return _plain(value)

    def _line(self, error: BaseException) -> int:
        line = 1
        traceback = error.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_globals.get("__jinja_template__") is self.template:
                line = self.template.get_corresponding_lineno(traceback.tb_lineno)
            traceback = traceback.tb_next
        return line


def _plain(value: object) -> Json:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value  # type: ignore[return-value]


def compiled(text: str, steps: Collection[str], budget: Budget) -> PathTemplate | ExpressionTemplate:
    """The renderer of a text; the first compilation is charged to the budget. Raises NotATemplate."""
    held = _held if len(text) <= LONG_TEMPLATE else _held_long
    return held(text, _hyphenated(text, steps)).template(budget)


def parse_units(text: str) -> int:
    """The work of parsing and compiling a template: text is cheap, what stands in its delimiters is not."""
    inside = position = 0
    while (start := _next_mark(text, position)) >= 0:
        end = text.find("}", start)
        position = len(text) if end < 0 else end + 1
        inside += position - start
    return inside * UNITS_A_CHARACTER + len(text) // CHARACTERS_A_UNIT


def _next_mark(text: str, position: int) -> int:
    found = text.find("{", position)
    while found >= 0 and text[found + 1 : found + 2] not in ("{", "%", "#"):
        found = text.find("{", found + 1)
    return found


def examined(text: str, steps: Collection[str]) -> Examined:
    """The mistake in the text or what it reads."""
    examined_text = _examined if len(text) <= LONG_TEMPLATE else _examined_long
    return examined_text(text, _hyphenated(text, steps))


def _hyphenated(text: str, steps: Collection[str]) -> frozenset[str]:
    if not steps or "-" not in text or len(text) > MAX_TEMPLATE:
        return _NO_NAMES
    return frozenset([name for name in _candidates(text) if name in steps])


_candidates = lru_cache(maxsize=COMPILED_TEMPLATES)(candidates)


class _Held:
    """A text of the cache, compiled when it is rendered first."""

    def __init__(self, text: str, hyphenated: frozenset[str]) -> None:
        self._text = text
        self._hyphenated = hyphenated
        self._template: PathTemplate | ExpressionTemplate | None = None

    def template(self, budget: Budget) -> PathTemplate | ExpressionTemplate:
        if self._template is None:
            units = parse_units(self._text)
            budget.expect(units)
            budget.spend(units // UNITS_A_CHARACTER)
            self._template = _compile(self._text, self._hyphenated)
        return self._template


_held = lru_cache(maxsize=COMPILED_TEMPLATES)(_Held)
_held_long = lru_cache(maxsize=LONG_TEMPLATES)(_Held)


def _compile(text: str, hyphenated: frozenset[str]) -> PathTemplate | ExpressionTemplate:
    simple = path_template(text, hyphenated)
    if simple is not None:
        return simple
    try:
        tree = _parse(text, hyphenated)
        around, is_path = _single(tree)
        tree = Rewriter(shared_names(tree)).visit(tree)
        if around is not None:
            expression = next(node for node in _printed(tree) if not isinstance(node, nodes.TemplateData))
            kept = nodes.Filter(expression, "<keep>", [], [], None, None, lineno=expression.lineno)
            tree.body = [nodes.Output([kept], lineno=expression.lineno)]
        tree.set_environment(_ENVIRONMENT)
        code = _ENVIRONMENT.compile(tree)
        template = Template.from_code(_ENVIRONMENT, code, {})
    except Exception as error:
        raise NotATemplate(_problem(error, text)) from None
    return ExpressionTemplate(template=template, around=around, is_path=is_path)


@lru_cache(maxsize=EXAMINED_TEMPLATES)
def _examined(text: str, hyphenated: frozenset[str]) -> Examined:
    simple = path_template(text, hyphenated)
    if simple is not None:
        return Examined(mentions=simple.mentions)
    try:
        return Examined(mentions=mentions(_parse(text, hyphenated)))
    except Exception as error:
        return Examined(problem=_problem(error, text))


_examined_long = lru_cache(maxsize=LONG_TEMPLATES)(_examined.__wrapped__)


def _parse(text: str, hyphenated: frozenset[str]) -> nodes.Template:
    if len(text) > MAX_TEMPLATE:
        raise Refused(1, f"the template is longer than {MAX_TEMPLATE:,} characters")
    tree = _ENVIRONMENT.parse_template(text, hyphenated)
    verify(tree)
    if _single(tree)[0] is None:
        refuse_literals(tree)
    return tree


def _problem(error: Exception, text: str) -> TemplateProblem:
    if isinstance(error, Refused):
        return error.problem(text)
    if isinstance(error, TemplateSyntaxError):
        if found := unclosed(text, _ENVIRONMENT.tokens(text)):
            return found
        reason = (error.message or "syntax error").rstrip(".")
        return TemplateProblem(line=error.lineno, reason=reason, hint=_HINT)
    if isinstance(error, RecursionError):
        return TemplateProblem(line=1, reason="the template is nested too deeply")
    return TemplateProblem(line=1, reason=f"the template cannot be compiled ({type(error).__name__})")


def _printed(tree: nodes.Template) -> list[nodes.Expr]:
    return [node for output in tree.body if isinstance(output, nodes.Output) for node in output.nodes]


def _single(tree: nodes.Template) -> tuple[tuple[str, str] | None, bool]:
    """The blanks around a template of one expression; and True if that is a path."""
    printed = _printed(tree)
    places = [index for index, node in enumerate(printed) if not isinstance(node, nodes.TemplateData)]
    if len(places) != 1 or not all(isinstance(node, nodes.Output) for node in tree.body):
        return None, False
    texts = ["".join(node.data for node in part if isinstance(node, nodes.TemplateData)) for part in
             (printed[: places[0]], printed[places[0] + 1 :])]  # fmt: skip
    if "".join(texts).strip():
        return None, False
    expression = printed[places[0]]
    while isinstance(expression, (nodes.Getattr, nodes.Getitem)):
        if isinstance(expression, nodes.Getitem) and not isinstance(expression.arg, nodes.Const):
            break
        expression = expression.node
    return (texts[0], texts[1]), isinstance(expression, nodes.Name)
