"""What the Telegram side must be told; values only.

The settings behind it (name, default):
    RAWI_TELEGRAM_TOKEN      ""                          token
    RAWI_TELEGRAM_API_URL    "https://api.telegram.org"  api_url (without `/bot`)
    RAWI_ADMIN_IDS           ""                          admin_ids
    RAWI_WEBHOOK_URL         ""                          webhook_url (empty: long polling)
    RAWI_WEBHOOK_SECRET      ""                          webhook_secret (empty: derived from the token)
    RAWI_WEBHOOK_LISTEN      "127.0.0.1"                 webhook_listen
    RAWI_WEBHOOK_PORT        8443                        webhook_port
    RAWI_RETENTION_DAYS      30                          retention_days
    RAWI_QUESTIONS_PER_MINUTE 15                         questions_per_minute
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class TelegramOptions:
    """How to reach Telegram and whom to obey."""

    token: str = field(repr=False)
    api_url: str = "https://api.telegram.org"
    admin_ids: frozenset[int] = frozenset()
    webhook_url: str = ""
    webhook_secret: str = field(default="", repr=False)
    webhook_listen: str = "127.0.0.1"
    webhook_port: int = 8443
    retention_days: int = 30
    questions_per_minute: int = 15
    """How many questions one person may ask at once, and regains every minute."""

    @property
    def base_url(self) -> str:
        """The API's address without a trailing slash."""
        return self.api_url.rstrip("/")

    @property
    def webhook_path(self) -> str:
        """The path that the webhook's server answers: that of the public URL."""
        return urlsplit(self.webhook_url).path or "/"

    @property
    def secret(self) -> str:
        """What Telegram must send with every webhook call; the token cannot be derived from it."""
        derived = hmac.new(self.token.encode(), b"rawi webhook secret", hashlib.sha256).hexdigest()
        return self.webhook_secret or derived
