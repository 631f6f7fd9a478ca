"""The bundled model for tests: built once, kept in pytest's cache from one run to the next."""

from pathlib import Path

import pytest


def models_folder(config: pytest.Config) -> Path:
    """Return the folder to give to `bundled_model.ensure`, which verifies what it finds there."""
    cache: pytest.Cache = config.cache
    return cache.mkdir("models")
