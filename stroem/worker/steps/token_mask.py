"""The worker's tokens, masked in everything that leaves a step."""

import attrs

from stroem.redaction.log_redactor import LogRedactor
from stroem.redaction.redactor import Redactor
from stroem.worker.steps.line_encoder import Piece


class TokenMask:
    """Replaces the tokens in lines and texts, also where they are encoded."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = tokens
        self._know(tokens)

    def add(self, token: str) -> None:
        """Replaces another token too."""
        self._tokens = (*self._tokens, token)
        self._know(self._tokens)

    def _know(self, tokens: tuple[str, ...]) -> None:
        self._redactor = Redactor(tokens)
        self._log = LogRedactor(self._redactor)
        self._forms = tuple(form.encode() for form in self._redactor.forms)

    def piece(self, piece: Piece) -> Piece:
        """The same lines without the tokens."""
        if any(form in piece.data for form in self._forms):
            return attrs.evolve(piece, data=self._log.apply(piece.data))
        return piece

    def text(self, text: str) -> str:
        """The same text without the tokens."""
        if any(form in text for form in self._redactor.forms):
            return self._redactor.line(text)
        return text
