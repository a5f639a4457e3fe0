"""Values that arrive as text: environment variables and query strings."""

from stroem.conversion import literals, yaml
from stroem.definitions.values import Json


class Text(str):
    """A text without a type of its own. `origin` is the name of its environment variable."""

    __slots__ = ("origin",)

    def __new__(cls, value: str, origin: str | None = None) -> "Text":
        text = super().__new__(cls, value)
        text.origin = origin
        return text

    origin: str | None

    def scalar(self) -> bool | int | float | str | None:
        """The value of the text without quotes."""
        return literals.plain(str(self))

    def document(self) -> Json:
        """The value of the text as YAML or JSON, or else the text itself."""
        try:
            found = yaml.read_text(str(self))
        except yaml.Unreadable:
            return str(self)
        return str(self) if found.flaws else found.value
