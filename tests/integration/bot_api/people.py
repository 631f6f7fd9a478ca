"""The people and groups who write to the bot: each action becomes an update in the server's queue."""

import itertools
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.integration.bot_api.formatting import entities_of
from tests.integration.bot_api.state import Call, State

Update = dict[str, Any]
_queries = itertools.count(1)


class Post(Protocol):
    """Runs something in the server's loop and returns what it returned."""

    @property
    def state(self) -> State: ...

    def deliver(self, update: Update) -> Update: ...


@dataclass
class Person:
    """Somebody with a private chat with the bot."""

    api: Post
    id: int
    language_code: str = "ar"
    name: str = "قارئ"
    user: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.user = {
            "id": self.id,
            "is_bot": False,
            "first_name": self.name,
            "language_code": self.language_code,
        }
        self.api.state.chats[self.id] = {"id": self.id, "type": "private", "first_name": self.name}

    @property
    def chat_id(self) -> int:
        """The private chat has the person's own number."""
        return self.id

    def says(self, text: str, chat_id: int = 0, **more: Any) -> dict[str, Any]:
        """Send a message (here or to a group) and return it."""
        entities = entities_of(text)
        if entities:
            more.setdefault("entities", entities)
        message = self.api.state.new_message(chat_id or self.id, self.user, text, **more)
        self.api.deliver({"message": message})
        return message

    def sends(self, kind: str, **more: Any) -> dict[str, Any]:
        """Send a sticker, photo, voice message or the like."""
        return self.says("", **{kind: CONTENT[kind]}, **more)

    def replies(self, text: str, to: dict[str, Any], chat_id: int = 0) -> dict[str, Any]:
        """Reply to a message."""
        quoted = {name: value for name, value in to.items() if name != "reply_to_message"}
        return self.says(text, chat_id, reply_to_message=quoted)

    def edits(self, message: dict[str, Any], text: str) -> dict[str, Any]:
        """Change an earlier message."""
        edited = {**message, "text": text, "edit_date": message["date"] + 5}
        edited.pop("entities", None)
        if entities := entities_of(text):
            edited["entities"] = entities
        self.api.state.messages[message["chat"]["id"], message["message_id"]] = edited
        self.api.deliver({"edited_message": edited})
        return edited

    def presses(self, message: dict[str, Any], data: str) -> str:
        """Press a button under a message and return the query's id."""
        query = f"callback-{next(_queries)}"
        self.api.state.callbacks.add(query)
        current = self.api.state.messages.get((message["chat"]["id"], message["message_id"]), message)
        self.api.deliver(
            {
                "callback_query": {
                    "id": query,
                    "from": self.user,
                    "message": current,
                    "chat_instance": "1",
                    "data": data,
                }
            }
        )
        return query

    def types_inline(self, text: str) -> str:
        """Type `@bot text` somewhere and return the query's id."""
        query = f"inline-{next(_queries)}"
        self.api.state.callbacks.add(query)
        self.api.deliver({"inline_query": {"id": query, "from": self.user, "query": text, "offset": ""}})
        return query


@dataclass
class Group:
    """A supergroup in which the bot is a member."""

    api: Post
    id: int
    title: str = "مجموعة القراء"

    def __post_init__(self) -> None:
        self.api.state.chats[self.id] = {"id": self.id, "type": "supergroup", "title": self.title}


CONTENT: dict[str, Any] = {
    "sticker": {
        "file_id": "s",
        "file_unique_id": "s",
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
    },
    "photo": [{"file_id": "p", "file_unique_id": "p", "width": 90, "height": 90}],
    "voice": {"file_id": "v", "file_unique_id": "v", "duration": 3},
    "document": {"file_id": "d", "file_unique_id": "d", "file_name": "a.pdf"},
    "location": {"longitude": 66.9, "latitude": 48.0},
}


def button(call: Call, text: str) -> str:
    """Return the data of the button whose label contains `text`."""
    for candidate in call.buttons:
        if text in candidate["text"]:
            return str(candidate["callback_data"])
    raise AssertionError(f"no button {text!r} among {[b['text'] for b in call.buttons]}")
