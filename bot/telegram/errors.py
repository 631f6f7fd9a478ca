"""Why the bot cannot serve, said in one line.

RawiError
└── ServeError          the bot stops with exit code 1
    ├── TokenError      no token, or one that Telegram refuses
    ├── NetworkDownError  Telegram cannot be reached at the start
    └── ConflictError   another process polls with the same token
"""

from knowledge.errors import RawiError


class ServeError(RawiError):
    """The bot cannot serve."""


class TokenError(ServeError):
    """The token is missing or refused."""

    @classmethod
    def missing(cls) -> "TokenError":
        """Return the error for a token that is not set."""
        return cls(
            "no Telegram token is set, expected the one that @BotFather gave you; "
            "run: RAWI_TELEGRAM_TOKEN=… rawi serve"
        )

    @classmethod
    def refused(cls) -> "TokenError":
        """Return the error for a token that Telegram does not accept."""
        return cls(
            "Telegram refuses the token, expected the one that @BotFather gave you; "
            "set RAWI_TELEGRAM_TOKEN to it, then run: rawi serve"
        )


class NetworkDownError(ServeError):
    """Telegram cannot be reached at the start."""


class ConflictError(ServeError):
    """Another process uses the same token."""

    @classmethod
    def other_poller(cls) -> "ConflictError":
        """Return the error for a second process that polls."""
        return cls(
            "another process receives this bot's updates (409 Conflict), expected to be the only one; "
            "stop it or its webhook, then run: rawi serve"
        )
