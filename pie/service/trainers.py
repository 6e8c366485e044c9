"""The service as the reward of trainers, each in its own form. Only the URL is theirs to give.

| trainer            | what it takes                                             |
| ------------------ | --------------------------------------------------------- |
| TRL                | `RemoteReward(url)` or `AsyncRemoteReward(url)`           |
| verl               | `compute_score`, or `POST /run_code` by its sandbox's URL |
| OpenRLHF           | `--remote_rm_url URL/reward/openrlhf`                     |
| verifiers, prime-rl | `speed(url)` as a function of a Rubric                    |
"""

from __future__ import annotations

import functools
import json
import math
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pie.service.client import AsyncClient, Client
from sim.errors import InputError

URL = "PIE_SERVICE_URL"
TOKEN = "PIE_SERVICE_TOKEN"
_COLUMNS = ("problem_id", "src_code", "tests")


class RemoteReward:
    """`reward(completions, problem_id=..., src_code=..., tests=...) -> list`, as TRL calls it.

    Rewards are the service's: None where it failed to measure (TRL leaves these out). Threads may
    share it, and it can be pickled.
    """

    __name__ = "speed_reward"  # TRL names its metric rewards/speed_reward

    def __init__(self, url: str = "", token: str = "", *, deadline: float | None = None) -> None:
        """`url` and `token` default to PIE_SERVICE_URL and PIE_SERVICE_TOKEN."""
        self._place = _place(url, token)
        self._deadline = deadline
        self._client = Client(*self._place)

    def __reduce__(self) -> tuple[Callable[..., RemoteReward], tuple[str, str]]:
        return functools.partial(RemoteReward, deadline=self._deadline), self._place

    def __call__(
        self,
        completions: Sequence[Any],
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Return one reward a completion."""
        result = self._client.reward(_items(completions, columns), deadline=self._deadline)
        return _told(result, log_metric)


class AsyncRemoteReward:
    """The same as a coroutine function, which TRL awaits beside its other rewards."""

    __name__ = "speed_reward"

    def __init__(self, url: str = "", token: str = "", *, deadline: float | None = None) -> None:
        self._place = _place(url, token)
        self._deadline = deadline

    async def __call__(
        self,
        completions: Sequence[Any],
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Return one reward a completion."""
        # A client a call: a trainer may use another event loop each time.
        async with AsyncClient(*self._place) as client:
            result = await client.reward(_items(completions, columns), deadline=self._deadline)
        return _told(result, log_metric)


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str | Mapping[str, Any],
    extra_info: Mapping[str, Any] | None = None,
    *,
    url: str = "",
    token: str = "",
    **_: Any,
) -> dict[str, float]:
    """Score one solution for verl (`custom_reward_function.path` and `.name`).

    `ground_truth` is a row, or its JSON, with problem_id, src_code, tests and language. verl knows
    no missing reward: where the service failed the score is 0 and `not_measured` is 1.
    """
    try:
        row = json.loads(ground_truth) if isinstance(ground_truth, str) else dict(ground_truth)
        item = {**{name: row[name] for name in _COLUMNS}, "language": row.get("language", "cpp")}
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"the ground truth of {data_source} is not a row ({error})",
            "give JSON with problem_id, src_code, tests and language",
        ) from error
    client = _client(*_place(url, token))
    (found,) = client.reward([{**item, "completion": solution_str}])["items"]
    return {
        "score": found["reward"] if found["reward"] is not None else 0.0,
        "speedup": found["speedup"] or 0.0,
        "accepted": float(found["verdict"] == "accepted"),
        "not_measured": float(found["reward"] is None),
    }


def speed(url: str = "", token: str = "") -> Callable[..., Awaitable[float]]:
    """Return a reward function for a verifiers Rubric: `vf.Rubric(funcs=[speed(url)])`.

    The row stands in `info`. A Rubric knows no missing reward: a failure of the service is raised,
    and verifiers says what becomes of the rollout.
    """
    place = _place(url, token)

    async def speed_reward(completion: Any, info: Mapping[str, Any], **_: Any) -> float:
        async with AsyncClient(*place) as client:
            columns = {name: [info.get(name)] for name in (*_COLUMNS, "language")}
            result = await client.reward(_items([completion], columns))
        (reward,) = result["rewards"]
        if reward is None:
            raise RuntimeError("the service could not measure this answer")
        return float(reward)

    return speed_reward


@functools.cache
def _client(url: str, token: str) -> Client:
    return Client(url, token)


def _place(url: str, token: str) -> tuple[str, str]:
    found = url or os.environ.get(URL, "")
    if not found:
        raise InputError("no service is named", f"give its URL, or set {URL}")
    return found, token or os.environ.get(TOKEN, "")


def _items(completions: Sequence[Any], columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the completions with their rows; InputError for a column that is missing."""
    for name in _COLUMNS:
        if columns.get(name) is None or len(columns[name]) != len(completions):
            raise InputError(
                f"the column {name} is missing, or not as long as the completions",
                f"keep {', '.join(_COLUMNS)} in the training data",
            )
    languages = columns.get("language") or ["cpp"] * len(completions)
    return [
        {
            "completion": completion,
            **{name: columns[name][at] for name in _COLUMNS},
            "language": languages[at] or "cpp",
        }
        for at, completion in enumerate(completions)
    ]


def _told(
    result: Mapping[str, Any], log_metric: Callable[[str, float], None] | None
) -> list[float | None]:
    rewards: list[float | None] = result["rewards"]
    if log_metric is not None:
        # Both in every process, as in `SpeedReward`: TRL gathers each name from all of them.
        items = [one for one in result["items"] if one["reward"] is not None]
        good = [one["speedup"] for one in items if one["speedup"] and not one["suspicious"]]
        log_metric("speed/accepted", _mean([one["verdict"] == "accepted" for one in items]))
        log_metric("speed/speedup", _mean(good))
    return rewards


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan
