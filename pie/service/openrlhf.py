"""OpenRLHF's remote reward model: queries and labels in, rewards out."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from pie.service.schema import OpenRlhfRequest, RewardItem
from sim.errors import InputError


def items(asked: OpenRlhfRequest) -> list[RewardItem]:
    """Return the completions with their rows; InputError names the first that cannot be used."""
    prompts = asked.prompts or [""] * len(asked.query)
    if not len(asked.query) == len(asked.labels) == len(prompts):
        raise InputError(
            f"there are {len(asked.query)} queries, {len(asked.labels)} labels and "
            f"{len(prompts)} prompts",
            "send one of each for a completion",
        )
    made = []
    for at, (query, label, prompt) in enumerate(
        zip(asked.query, asked.labels, prompts, strict=True)
    ):
        try:
            row = json.loads(label)
            made.append(RewardItem(**{**row, "completion": query.removeprefix(prompt)}))
        except (ValueError, TypeError, ValidationError, RecursionError):
            raise InputError(
                f"label {at} is not a row",
                "give a JSON object with problem_id, src_code, tests and language (default: cpp)",
            ) from None
    return made


def answer(result: dict[str, Any]) -> dict[str, Any]:
    """Return rewards in OpenRLHF's form, which knows no None: our own failures are 0 there.

    `extra_logs` tells them apart.
    """
    rewards = [one if one is not None else 0.0 for one in result["rewards"]]
    speedups = [one["speedup"] or 0.0 for one in result["items"]]
    missing = [float(one is None) for one in result["rewards"]]
    return {
        "rewards": rewards,
        "scores": rewards,
        "extra_logs": {"speedup": speedups, "not_measured": missing},
    }
