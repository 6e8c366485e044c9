"""Who asks: by token, or by address where the service needs none."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path

from pie.service.faults import Refused
from sim.errors import InputError

_SHORTEST = 16


def read_tokens(path: Path) -> dict[str, str]:
    """Return names by token, from lines `NAME TOKEN`; InputError for a file that cannot be used."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(
            f"the file of tokens {path} cannot be read ({reason})", "check it"
        ) from None
    tokens: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or len(words[1]) < _SHORTEST or words[1] in tokens:
            raise InputError(
                f"line {number} of {path} is not a name and a fresh token",
                f"write NAME TOKEN, the token of at least {_SHORTEST} characters",
            )
        tokens[words[1]] = words[0]
    if not tokens:
        raise InputError(f"the file of tokens {path} holds none", "write a line NAME TOKEN")
    return tokens


class Clients:
    """Tells one client from another."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        """`tokens` gives names; empty: everybody who reaches the service may ask."""
        self._tokens = tokens

    def name(self, authorization: str | None, address: str) -> str:
        """Return the client's name; Refused (401) where a token is needed and none fits."""
        if not self._tokens:
            return address
        kind, _, given = (authorization or "").partition(" ")
        found = None
        for token, name in self._tokens.items():  # all of them, so that time tells nothing
            if hmac.compare_digest(token.encode(), given.strip().encode()):
                found = name
        if kind.lower() != "bearer" or found is None:
            raise Refused(401, "a token is needed; send Authorization: Bearer TOKEN")
        return found
