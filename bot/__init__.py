"""Talking to people: Telegram, the console, the command line."""
