"""Options from outputs: the input of the job that finds them, and the list in its output."""

import pytest

from stroem.definitions.field import InputField, OptionsFrom
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.dependent_options import MAX_OPTIONS, NoOptions, chosen, options_in, options_input
from stroem.errors import InvalidInput
from stroem.templating.budget import Budget


def plan(given: dict[str, Json], **fields: InputField) -> TaskPlan:
    field = InputField(options_from=OptionsFrom(task="find", path="a", input=given))
    return TaskPlan(task="t", nodes=(), actions={}, input={**fields, "x": field})


def given_to(of: TaskPlan, **values: Json) -> dict[str, Json]:
    return options_input(of, "x", values, Budget())


def test_only_the_fields_that_the_templates_read_are_checked() -> None:
    of = plan({"n": "{{ input.n + 1 }}"}, n=InputField(type="integer", default=3), other=InputField(required=True))
    assert given_to(of) == {"n": 4}
    assert given_to(of, n="5") == {"n": 6}
    with pytest.raises(InvalidInput, match=r"input\.n must be a whole number"):
        given_to(of, n="x")


def test_a_field_is_needed_unless_the_template_does_without() -> None:
    assert given_to(plan({"n": "{{ input.n | default(value='none') }}"}, n=InputField())) == {"n": "none"}
    with pytest.raises(InvalidInput, match=r"input\.n is required"):
        given_to(plan({"n": ["{{ input.n }}"]}, n=InputField()))


def test_a_connection_is_given_by_its_name() -> None:
    of = plan({"db": "{{ input.db }}"}, db=InputField(type="postgres", default="main"))
    assert given_to(of) == {"db": "main"}
    with pytest.raises(InvalidInput, match=r"input\.db must be a string"):
        given_to(of, db={"password": "hunter22"})


def test_an_input_that_no_job_can_have_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"input\.x makes an input of task 'find' that is not kept"):
        given_to(plan({"n": "{{ '\\ud800' }}"}))


FIELD = InputField(type="integer", multiple=True, min_items=5, max=9, options_from=OptionsFrom(task="f", path="s.l.1"))


def test_a_path_leads_through_keys_and_positions() -> None:
    assert [one.value for one in options_in(FIELD, {"s": {"l": [None, [1, "2"]]}}).options] == [1, 2]


@pytest.mark.parametrize("output", [None, [], {}, {"s": {"l": []}}, {"s": {"l": [1, {}]}}, {"s": {"l": [1, "text"]}}])
def test_an_output_without_a_list_there_is_refused(output: Json) -> None:
    with pytest.raises(NoOptions, match=r"no list at 's\.l\.1'"):
        options_in(FIELD, output)


def test_wrong_entries_do_not_stop_their_neighbours() -> None:
    found = options_in(FIELD, {"s": {"l": [0, [1, 10, {"value": 2, "label": "two"}, None, {"label": 1}]]}})
    assert [(one.value, one.label) for one in found.options] == [(1, None), (2, "two")]
    assert len(found.problems) == 3


def test_a_long_list_is_cut_with_a_warning() -> None:
    found = options_in(FIELD, {"s": {"l": [0, [1] * (MAX_OPTIONS + 5)]}})
    assert len(found.options) == MAX_OPTIONS
    assert "1,005 entries" in found.problems[0]
    assert options_in(FIELD, {"s": {"l": [0, ["x"] * 500]}}).problems[-1] == "480 more problems are not shown"


def test_values_to_compare_with_options() -> None:
    assert chosen(FIELD, [1, 2]) == (1, 2)
    assert chosen(InputField(), "a") == ("a",)
    assert chosen(InputField(), "") == chosen(InputField(), None) == chosen(FIELD, []) == ()
