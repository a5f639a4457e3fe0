"""The one sandboxed environment: values have parts, and nothing else can be reached from a template."""

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import Const, ExprStmt, Filter, Node, Template
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context

from stroem.templating import operators
from stroem.templating.budget import Budget
from stroem.templating.errors import Fault, Missing, MissingUsed, had, kind
from stroem.templating.filters.display import to_text
from stroem.templating.filters.functions import FUNCTIONS
from stroem.templating.filters.registry import FILTERS
from stroem.templating.filters.tests import TESTS
from stroem.templating.language.call_gate import guarded_filter, guarded_function, guarded_test
from stroem.templating.language.comments import has_comments
from stroem.templating.language.hyphens import RawToken
from stroem.templating.language.internals import INTERNALS
from stroem.templating.language.lexer import TemplateLexer

LOOP_PARTS = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"})


class TemplateContext(Context):
    """State of one rendering: variables, budget and results."""

    budget: Budget
    shared: dict[str, object]
    kept: object = None


class SetGlobal(Extension):
    """Tera's `{% set_global x = … %}`: the value outlives the loop."""

    tags = {"set_global"}  # noqa: RUF012 - the base class declares it so

    def parse(self, parser: Parser) -> Node:
        line = next(parser.stream).lineno
        target = parser.parse_assign_target(name_only=True)
        parser.stream.expect("assign")
        value = parser.parse_tuple()
        store = Filter(value, "<set>", [Const(target.name)], [], None, None, lineno=line)
        return ExprStmt(store, lineno=line)


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """Jinja2 restricted to JSON values: no attributes, methods, globals or files."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    intercepted_unops = frozenset({"+", "-"})
    context_class = TemplateContext

    def __init__(self) -> None:
        super().__init__(
            undefined=Missing,
            finalize=finalize,
            optimized=False,
            keep_trailing_newline=True,
            extensions=[loopcontrols, SetGlobal],
        )
        self.globals = {}
        self.filters = {name: guarded_filter(name, function) for name, function in FILTERS.items()}
        self.filters |= {f"<call {name}>": guarded_function(name, function) for name, function in FUNCTIONS.items()}
        self.filters |= INTERNALS
        self.tests = {name: guarded_test(name, function) for name, function in TESTS.items()}
        self._lexer = TemplateLexer(self)
        self._lexer_without_comments = TemplateLexer(self.overlay(comment_start_string="\0#", comment_end_string="#\0"))

    def parse_template(self, text: str, hyphenated: frozenset[str]) -> Template:
        """The template as a tree; names in `hyphenated` are single names."""
        parser = Parser(self, "")
        parser.stream = self._lexer_of(text).stream(text, hyphenated)
        return parser.parse()

    def tokens(self, text: str) -> Iterator[RawToken]:
        """The raw tokens of a text, up to the mistake that they raise."""
        return self._lexer_of(text).tokeniter(text, None)

    def _lexer_of(self, text: str) -> TemplateLexer:
        return self._lexer if has_comments(text) else self._lexer_without_comments

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The part of a map or of `loop` for `a.b` and `a["b"]`."""
        if isinstance(obj, Mapping):
            return had(obj[attribute]) if attribute in obj else Missing(obj=obj, name=attribute)
        if isinstance(obj, Missing):
            return obj
        if isinstance(obj, LoopContext) and attribute in LOOP_PARTS:
            return getattr(obj, attribute)
        return Missing(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The part that a computed key or a position names."""
        for side in (obj, argument):
            if isinstance(side, Missing):
                return side
        if isinstance(argument, bool) or not isinstance(argument, (str, int)):
            raise Fault(f"a part is chosen by a text or a whole number, not by {kind(argument)}")
        if isinstance(obj, Mapping):
            key = str(argument)
            return had(obj[key]) if key in obj else Missing(obj=obj, name=None)
        if isinstance(obj, (list, tuple, str)) and isinstance(argument, int):
            return obj[argument] if -len(obj) <= argument < len(obj) else Missing(obj=obj, name=None)
        return Missing(obj=obj, name=None)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Refuses every call; functions are rewritten before compilation."""
        raise Fault("a template can only call Strøm's own functions")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A two-sided operator with a bounded result."""
        assert isinstance(context, TemplateContext)
        return operators.binary(operator, left, right, context.budget)

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """A one-sided operator."""
        return operators.unary(operator, arg)


@pass_context
def finalize(context: TemplateContext, value: object) -> str:
    """The text of an expression."""
    if isinstance(value, Missing):
        raise MissingUsed(value)
    context.budget.spend(1)
    return to_text(value, context.budget)
