"""HTTP for python-telegram-bot by aiohttp: under load a call takes half the processor time of httpx."""

import json
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_SECONDS: Final = 10.0
NO_UPDATES: Final = b'{"ok": true, "result": []}'
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


@cache
def proxy_for(scheme: str, host: str) -> str | None:
    """Return the proxy that this machine uses for a host, if any.

    aiohttp would look it up at every call, in threads, for a fifth of the call's processor time.
    """
    return None if proxy_bypass(host) else getproxies().get(scheme)


class NeverLeftError(NetworkError):
    """No connection came about: the call surely did not reach Telegram."""


class AiohttpRequest(BaseRequest):
    """Makes the library's calls over a pool of kept connections."""

    def __init__(self, connections: int, read_timeout: float) -> None:
        """Take the size of the pool, and how long an answer may take unless a call says otherwise (s)."""
        self._connections = connections
        self._read_timeout = read_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """How long an answer may take, in seconds."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Open the pool."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=30.0),
                cookie_jar=aiohttp.DummyCookieJar(),
            )

    async def shutdown(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        *_: object,
        **__: object,
    ) -> tuple[int, bytes]:
        """Make one call; return the status and the body.

        Raises NeverLeftError, TimedOut (the call may have arrived) or NetworkError (the connection was cut).
        """
        if self._session is None:
            raise NeverLeftError("the connection to Telegram is closed")
        # The library's own default is an object that stands for "not given".
        read = read_timeout if isinstance(read_timeout, int | float) else self._read_timeout
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=read, total=None)
        data = urlencode(request_data.json_parameters).encode() if request_data else None
        address = urlsplit(url)
        proxy = proxy_for(address.scheme, address.hostname or "")
        try:
            async with self._session.request(
                method, url, data=data, headers=FORM, proxy=proxy, timeout=timeout
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NeverLeftError(str(error)) from error
        except TimeoutError as error:
            raise TimedOut from error
        except aiohttp.ClientError as error:
            raise NetworkError(f"{type(error).__name__}: {error}") from error


class UpdatesRequest(AiohttpRequest):
    """Keeps what getUpdates returned as it came.

    The library would parse all updates at once and raise for the whole batch when one cannot be read;
    and it is the original that must be stored.
    """

    def __init__(self, read_timeout: float) -> None:
        """Take how long an answer may take beyond the long poll's own wait (s)."""
        super().__init__(1, read_timeout)
        self.updates: list[dict[str, Any]] = []

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make the call; hand the library an empty batch in place of the updates."""
        self.updates = []
        code, payload = await super().do_request(*args, **kwargs)
        if code != 200:
            return code, payload
        try:
            self.updates = json.loads(payload)["result"]
        except (ValueError, KeyError):
            return code, payload
        return code, NO_UPDATES
