"""Keeps the key of a server out of everything that the server says, and programs as they are.

Messages are told with `[key]` in its place. An answer is measured, so nothing in it is replaced:
one that repeats a key is not kept at all. A key that is a mere word (`password`, `token-abc123`),
as people give to servers of their own, may stand in any program, guards nothing, and is let be.
"""

from __future__ import annotations

import re

SHORTEST_PART = 8
"""Characters of the key's beginning that are taken for it; a shorter key is no secret."""

_SHORTEST_SECRET = 16


def repeats_key(answer: str, key: str) -> bool:
    """Say whether an answer holds a key, or its first 16 characters, that no program would."""
    secret = len(key) >= _SHORTEST_SECRET and not key.replace("_", "").isalpha()
    return secret and key[:_SHORTEST_SECRET] in answer


def without_key(text: str, key: str) -> str:
    """Return a text with the key, and every beginning of it that is long enough, as `[key]`.

    To be called before the text is cut, since a cut key is harder to find.
    """
    if len(key) < SHORTEST_PART or key[:SHORTEST_PART] not in text:
        return text
    parts: list[str] = []
    end = 0
    for found in re.finditer(re.escape(key[:SHORTEST_PART]), text):
        if found.start() < end:  # within the one before
            continue
        parts += [text[end : found.start()], "[key]"]
        end = found.end()
        length = SHORTEST_PART
        while length < len(key) and text[end : end + 1] == key[length]:
            end += 1
            length += 1
    return "".join([*parts, text[end:]])
