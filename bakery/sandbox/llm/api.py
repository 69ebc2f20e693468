"""OpenAI's chat completions, as far as LangChain asks for them."""

import asyncio
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bakery.sandbox.faults import DropConnection, Fault
from bakery.sandbox.llm.answers import MOODS, read_facts
from bakery.sandbox.world import World

_PATH = "/v1/chat/completions"


class LlmApi:
    """Serves `/v1/chat/completions` as an ASGI application."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response | DropConnection:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        rules = self._world.llm_rules
        if path != _PATH or request.method != "POST":
            return _error(404, "unknown_url", f"Unknown request URL: {request.method} {path}")
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or (rules.api_key and key != rules.api_key):
            # As the real one does it, with a part of the key in its words.
            return _error(401, "invalid_api_key", f"Incorrect API key provided: {key[:12]}***.")
        try:
            asked = await request.json()
        except ValueError:
            return _error(400, "invalid_json", "We could not parse the JSON body of your request.")
        rules.requests.append(asked)
        faults = self._world.llm_faults
        fault = faults.take(method="POST", path=path, params={})
        if fault is not None:
            await faults.wait(fault.seconds)
            if not fault.kind.startswith("delay"):
                return _fault_response(fault)
        if "response_format" in asked and not rules.knows_schemas:
            return _error(400, "unsupported", "'response_format' is not supported by this model.")
        return await self._answer(asked)

    async def _answer(self, asked: dict[str, Any]) -> Response:
        rules = self._world.llm_rules
        mood = rules.moods.pop(0) if rules.moods else rules.mood
        text = MOODS[mood](read_facts(asked.get("messages", [])))
        await asyncio.sleep(0)
        body = {
            "id": f"chatcmpl-{len(rules.requests):06}",
            "object": "chat.completion",
            "created": int(self._world.clock.now()),
            "model": asked.get("model", ""),
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": text, "refusal": None},
                }
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
        # Escaped, since half a letter has no UTF-8.
        return Response(json.dumps(body), media_type="application/json")


def _fault_response(fault: Fault) -> Response | DropConnection:
    if fault.kind in {"hang", "drop", "drop_after"}:
        return DropConnection()
    kind = "rate_limit_exceeded" if fault.status == 429 else "server_error"
    return _error(fault.status, str(fault.code or kind), "An error occurred on command.")


def _error(status: int, code: str, message: str) -> Response:
    body = {"error": {"message": message, "type": code, "param": None, "code": code}}
    return JSONResponse(body, status_code=status)
