"""Fields of forms as HTML, and their values in what a browser sends."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from stroem.definitions.field import InputField
from stroem.definitions.values import Json
from stroem.server.pages.html_page import shown

PREFIX = "field."
"""Before the names of the fields of a form: other values of the page have names of their own."""
_TYPES = {"date": "date", "integer": "number", "number": "number"}

Sent = Mapping[str, Sequence[str]]
"""Values as the browser sends them, by name."""


def fields_html(fields: Mapping[str, InputField], sent: Sent) -> str:
    """The fields of a form, with the values that were sent before. Those of secret fields are not shown again."""
    ordered = sorted(fields.items(), key=lambda item: (item[1].order is None, item[1].order or 0))
    return "".join(_field_html(name, field, sent.get(PREFIX + name)) for name, field in ordered)


def values_of(fields: Mapping[str, InputField], sent: Sent) -> dict[str, Json]:
    """The values of the fields; what was left empty is left out."""
    return dict(_values(fields, sent))


def _values(fields: Mapping[str, InputField], sent: Sent) -> Iterator[tuple[str, Json]]:
    for name, field in fields.items():
        given = [text for text in sent.get(PREFIX + name, ()) if text]
        if field.multiple and not field.options:
            given = [line.strip() for text in given for line in text.splitlines() if line.strip()]
        if given:
            yield name, given if field.multiple else given[0]


def _field_html(name: str, field: InputField, sent: Sequence[str] | None) -> str:
    key, notes = escape(PREFIX + name), []
    if field.description:
        notes.append(field.description)
    if field.secret and field.default is not None:
        notes.append("Left empty, it has its default.")
    told = "".join(f"<small>{shown(note)}</small>" for note in notes)
    title = f"{shown(field.name or name)}{' *' if field.required else ''}"
    return f'<label for="{key}">{title}{told}</label>{_control(key, field, _shown(field, sent))}'


def _shown(field: InputField, sent: Sequence[str] | None) -> list[str]:
    """The values with which the field is filled in. A default that is a template is left to the server."""
    if field.secret:
        return []
    if sent is not None:
        return list(sent)
    default = field.default if isinstance(field.default, list | tuple) else [field.default]
    texts = ["true" if one is True else "false" if one is False else str(one) for one in default if one is not None]
    return [text for text in texts if "{{" not in text and "{%" not in text]


def _control(key: str, field: InputField, values: Sequence[str]) -> str:
    named = f'id="{key}" name="{key}"'
    options = [str(one) for one in field.options or ()]
    if field.type == "boolean":
        options = ["true", "false"]
    if options and not field.allow_custom:
        return _select(named, options, values, multiple=field.multiple)
    first = values[0] if values else ""
    if field.type == "text" or field.multiple:
        return f'<textarea {named} rows="4">{escape(chr(10).join(values))}</textarea>'
    kind = "password" if field.secret else _TYPES.get(field.type, "text")
    step = ' step="any"' if kind == "number" else ""
    listed = f' list="{key}.options"' if options else ""
    choices = "".join(f'<option value="{escape(one)}"></option>' for one in options)
    beside = f'<datalist id="{key}.options">{choices}</datalist>' if options else ""
    return f'<input {named} type="{kind}"{step}{listed} autocomplete="off" value="{escape(first)}">{beside}'


def _select(named: str, options: Sequence[str], values: Sequence[str], *, multiple: bool) -> str:
    none = "" if multiple else '<option value=""></option>'
    choices = "".join(
        f'<option value="{escape(one)}"{" selected" if one in values else ""}>{shown(one)}</option>' for one in options
    )
    return f"<select {named}{' multiple' if multiple else ''}>{none}{choices}</select>"
