"""The Bot API methods that the bot may call, with Telegram's refusals."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.integration.bot_api.faults import ApiError
from tests.integration.bot_api.formatting import entities_of, parse_html, utf16_length
from tests.integration.bot_api.state import State

Params = dict[str, Any]


def get_me(state: State, params: Params) -> Any:
    return state.bot


def set_webhook(state: State, params: Params) -> Any:
    state.webhook = dict(params) if params.get("url") else {}
    return True


def delete_webhook(state: State, params: Params) -> Any:
    state.webhook = {}
    return True


def get_webhook_info(state: State, params: Params) -> Any:
    return {"url": state.webhook.get("url", ""), "has_custom_certificate": False, "pending_update_count": 0}


def set_my_commands(state: State, params: Params) -> Any:
    commands = params["commands"]
    if not commands or any(not 1 <= len(command["description"]) <= 256 for command in commands):
        raise ApiError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    return True


def accepted(state: State, params: Params) -> Any:
    return True


def send_chat_action(state: State, params: Params) -> Any:
    check_chat(state, params)
    return True


def check_chat(state: State, params: Params) -> int:
    chat_id = params.get("chat_id")
    if chat_id not in state.chats:
        raise ApiError(400, "Bad Request: chat not found")
    if chat_id in state.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    return int(chat_id)


def formatted(params: Params) -> tuple[str, list[dict[str, Any]]]:
    """Return the text and entities of a message to send. Raises ApiError as Telegram does."""
    source = params.get("text", "")
    if params.get("parse_mode") == "HTML":
        text, entities = parse_html(source)
    else:
        text, entities = source, entities_of(source)
    if not text.strip():
        raise ApiError(400, "Bad Request: message text is empty")
    if utf16_length(text) > 4096:
        raise ApiError(400, "Bad Request: message is too long")
    if len(entities) > 100:
        raise ApiError(400, "Bad Request: too many entities")
    return text, entities


def check_markup(params: Params) -> dict[str, Any] | None:
    markup = params.get("reply_markup")
    for row in (markup or {}).get("inline_keyboard", []):
        for button in row:
            data = button.get("callback_data")
            if not button.get("text") or (data is not None and not 1 <= len(data.encode()) <= 64):
                raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
    return markup


def send_message(state: State, params: Params) -> Any:
    chat_id = check_chat(state, params)
    text, entities = formatted(params)
    markup = check_markup(params)
    reply = params.get("reply_parameters") or {}
    more: Params = {}
    if reply:
        target = state.messages.get((chat_id, reply["message_id"]))
        if target is None and not reply.get("allow_sending_without_reply"):
            raise ApiError(400, "Bad Request: message to be replied not found")
        if target is not None:
            more["reply_to_message"] = {k: v for k, v in target.items() if k != "reply_to_message"}
    if markup:
        more["reply_markup"] = markup
    if entities:
        more["entities"] = entities
    return state.new_message(chat_id, state.bot, text, **more)


def edit_message_text(state: State, params: Params) -> Any:
    chat_id = check_chat(state, params)
    key = (chat_id, params.get("message_id"))
    message = state.messages.get(key)
    if message is None:
        raise ApiError(400, "Bad Request: message to edit not found")
    if message["from"]["id"] != state.bot["id"]:
        raise ApiError(400, "Bad Request: message can't be edited")
    text, entities = formatted(params)
    new = {**message, "text": text, "entities": entities, "edit_date": int(time.time())}
    new.pop("reply_markup", None)
    if markup := check_markup(params):
        new["reply_markup"] = markup
    same = ("text", "entities", "reply_markup")
    if all((message.get(name) or None) == (new.get(name) or None) for name in same):
        raise ApiError(400, "Bad Request: message is not modified")
    state.messages[key] = new
    return new


def edit_message_reply_markup(state: State, params: Params) -> Any:
    chat_id = check_chat(state, params)
    key = (chat_id, params.get("message_id"))
    message = state.messages.get(key)
    if message is None:
        raise ApiError(400, "Bad Request: message to edit not found")
    markup = check_markup(params)
    if message.get("reply_markup") == markup:
        raise ApiError(400, "Bad Request: message is not modified")
    state.messages[key] = {**message, "reply_markup": markup}
    return state.messages[key]


def delete_message(state: State, params: Params) -> Any:
    key = (check_chat(state, params), params.get("message_id"))
    if key not in state.messages:
        raise ApiError(400, "Bad Request: message to delete not found")
    del state.messages[key]
    return True


def answer_callback_query(state: State, params: Params) -> Any:
    if params.get("callback_query_id") not in state.callbacks:
        raise ApiError(
            400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
        )
    if len(params.get("text", "")) > 200:
        raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
    state.callbacks.discard(params["callback_query_id"])
    return True


def answer_inline_query(state: State, params: Params) -> Any:
    if params.get("inline_query_id") not in state.callbacks:
        raise ApiError(
            400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
        )
    results = params["results"]
    identities = [result["id"] for result in results]
    if len(results) > 50 or len(set(identities)) != len(identities):
        raise ApiError(400, "Bad Request: RESULT_ID_DUPLICATE")
    for result in results:
        content = result["input_message_content"]
        formatted({"text": content["message_text"], "parse_mode": content.get("parse_mode")})
        if not 1 <= len(str(result["id"]).encode()) <= 64 or not result["title"]:
            raise ApiError(400, "Bad Request: RESULT_ID_INVALID")
    return True


async def get_updates(state: State, params: Params) -> Any:
    """Answer the long poll; a newer poller ends an older one, as on Telegram."""
    if state.webhook:
        raise ApiError(
            409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook"
        )
    state.poll += 1
    mine = state.poll
    state.arrived.set()
    offset = int(params.get("offset", 0))
    for update in [u for u in state.updates if u["update_id"] < offset]:
        state.acknowledged.add(update["update_id"])
        state.updates.remove(update)
    deadline = time.monotonic() + float(params.get("timeout", 0))
    while not state.updates and time.monotonic() < deadline:
        state.arrived.clear()
        try:
            await asyncio.wait_for(state.arrived.wait(), deadline - time.monotonic())
        except TimeoutError:
            break
        if state.poll != mine:
            raise ApiError(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )
    return state.updates[: int(params.get("limit", 100))]


METHODS: dict[str, Callable[[State, Params], Any]] = {
    "getme": get_me,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "setmycommands": set_my_commands,
    "deletemycommands": accepted,
    "sendchataction": send_chat_action,
    "sendmessage": send_message,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "answercallbackquery": answer_callback_query,
    "answerinlinequery": answer_inline_query,
}
WAITING: dict[str, Callable[[State, Params], Awaitable[Any]]] = {"getupdates": get_updates}
JSON_FIELDS = {
    "reply_markup",
    "reply_parameters",
    "commands",
    "scope",
    "results",
    "allowed_updates",
    "button",
}
NUMBERS = {"chat_id", "message_id", "offset", "limit", "timeout", "message_thread_id"}


def decoded(params: Params) -> Params:
    """Return form fields as the values that they stand for."""
    values: Params = {}
    for name, value in params.items():
        if name in JSON_FIELDS and isinstance(value, str):
            values[name] = json.loads(value)
        elif name in NUMBERS and isinstance(value, str):
            values[name] = int(value)
        else:
            values[name] = value
    return values
