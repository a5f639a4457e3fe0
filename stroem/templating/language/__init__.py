"""The template language: lexer, grammar, compiler, and the sandbox around them."""
