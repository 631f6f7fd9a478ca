"""The Telegram side: one file per kind of update."""
