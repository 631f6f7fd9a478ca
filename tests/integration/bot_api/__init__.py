"""A Bot API server of our own, over real HTTP on loopback: strict, recording, and faulty on request."""

from tests.integration.bot_api.faults import Fault
from tests.integration.bot_api.people import Group, Person
from tests.integration.bot_api.running import RunningBotApi
from tests.integration.bot_api.state import Call

__all__ = ["Call", "Fault", "Group", "Person", "RunningBotApi"]
