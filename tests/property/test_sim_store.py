"""Whatever is done to a store, it answers like a dictionary that never forgets its first value."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.store import Store
from tests.cases import cases

KEYS = st.sampled_from(["a", "b", "c", "\u00e9", "", "x" * 500])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
STEPS = st.lists(
    st.tuples(st.just("put"), KEYS, VALUES)
    | st.tuples(st.just("get"), KEYS, st.none())
    | st.tuples(st.just("reopen"), KEYS, st.none()),
    max_size=20,
)


@settings(max_examples=cases(40))
@given(STEPS)
def test_a_store_answers_like_a_dictionary(steps: list[tuple[str, str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.sqlite"
        store = Store(path)
        model: dict[str, Any] = {}
        for action, key, value in steps:
            if action == "put":
                store.put(key, "kind", value)
                model.setdefault(key, value)
            elif action == "reopen":
                store.close()
                store = Store(path)
            assert store.get(key) == model.get(key)
        assert store.counts().get("kind", 0) == len(model)
        store.close()
