"""What the end-to-end tests share."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import bundled_model, reader_model
from tests.bundled import models_folder
from tests.integration.bot_api import Person, RunningBotApi
from tests.integration.commands import Home
from tests.integration.serving import ADMIN, Serving


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs under test also where the tests run in the background, deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def models(pytestconfig: pytest.Config) -> Path:
    """A folder with the bundled model and the reader, built."""
    bundled_model.ensure(models_folder(pytestconfig))
    reader_model.ensure(models_folder(pytestconfig))
    return models_folder(pytestconfig)


@pytest.fixture
def home(models: Path, tmp_path: Path) -> Home:
    """Folders with an article and without an index, for commands run as processes."""
    return Home.of(tmp_path, models)


@pytest.fixture(scope="module")
def api() -> Iterator[RunningBotApi]:
    with RunningBotApi() as running:
        yield running


@pytest.fixture(scope="module")
def bot(api: RunningBotApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One bot for the tests of a module."""
    with Serving(api, tmp_path_factory.mktemp("bot")) as serving:
        yield serving
        # Whatever the tests did, the token is in no line of the log.
        assert api.token not in serving.logged
        assert api.token.split(":")[1] not in serving.logged


@pytest.fixture
def fresh_api() -> Iterator[RunningBotApi]:
    """A server that no other test has used."""
    with RunningBotApi() as running:
        yield running


_ids = iter(range(1, 1_000_000))


@pytest.fixture
def reader(api: RunningBotApi) -> Person:
    """Somebody the bot has never met."""
    return Person(api, next(_ids))


@pytest.fixture
def admin(api: RunningBotApi) -> Person:
    return Person(api, ADMIN)
