"""The fixed sentences, by whom they are for: key → (Arabic, English)."""
