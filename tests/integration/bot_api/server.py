"""The HTTP side: routes, request bodies of every kind the Bot API takes, faults, and recording."""

import asyncio
import time
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.integration.bot_api.faults import ApiError, Fault
from tests.integration.bot_api.methods import METHODS, WAITING, decoded
from tests.integration.bot_api.state import Call, State

STATE: web.AppKey[State] = web.AppKey("state", State)


def application(state: State) -> web.Application:
    """Return the web application that serves `state`."""
    app = web.Application(client_max_size=50 * 1024 * 1024)
    app[STATE] = state
    app.router.add_route("*", "/bot{token}/{method}", handle)
    app.router.add_get("/file/bot{token}/{path:.*}", file)
    return app


async def file(request: web.Request) -> web.Response:
    """Serve the one file there is."""
    if request.match_info["token"] != request.app[STATE].token:
        return web.Response(status=404)
    return web.Response(body=b"content")


async def parameters(request: web.Request) -> dict[str, Any]:
    """Return the parameters of a call from the query string and a form, JSON or multipart body."""
    params: dict[str, Any] = dict(request.query)
    kind = request.content_type
    if kind == "application/json":
        params.update(await request.json())
    elif kind == "multipart/form-data":
        params.update({name: value for name, value in (await request.post()).items()})
    elif kind == "application/x-www-form-urlencoded":
        params.update(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    return decoded(params)


async def handle(request: web.Request) -> web.StreamResponse:
    """Answer one Bot API call."""
    state = request.app[STATE]
    method = request.match_info["method"]
    call = Call(method, await parameters(request), time.monotonic())
    state.begun.append(method)
    try:
        call.result = await perform(state, request, call)
    except ApiError as error:
        call.error = error.code
        state.record(call)
        return web.json_response(error.body(), status=error.code)
    state.record(call)
    return web.json_response({"ok": True, "result": call.result})


async def perform(state: State, request: web.Request, call: Call) -> Any:
    """Return the result of a call, after whatever fault it meets. Raises ApiError."""
    if request.match_info["token"] != state.token:
        raise ApiError(401, "Unauthorized")
    fault = state.faults.draw(call.method, call.params)
    if fault is not None and not fault.after:
        await suffer(fault, request, call)
    result = await work(state, call)
    if fault is not None and fault.after:
        call.result = result
        await suffer(fault, request, call)
    return result


async def work(state: State, call: Call) -> Any:
    """Do what the method does."""
    name = call.method.lower()
    if name in WAITING:
        return await WAITING[name](state, call.params)
    if name not in METHODS:
        raise ApiError(404, "Not Found")
    return METHODS[name](state, call.params)


async def suffer(fault: Fault, request: web.Request, call: Call) -> None:
    """Delay, cut or refuse, as the fault says."""
    if fault.delay:
        await asyncio.sleep(fault.delay)
    if fault.cut:
        call.error = -1
        if request.transport is not None:
            request.transport.abort()
        raise ApiError(502, "cut")
    if fault.code:
        raise fault.error()
