"""The base of all errors raised on purpose, and those of this room."""


class RawiError(Exception):
    """A failure a person can mend: says what was found, what was expected and the command that mends it."""


class KnowledgeError(RawiError):
    """The articles folder or one of its files cannot be used."""
