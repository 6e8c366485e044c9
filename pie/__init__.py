"""Is this program really faster, and by how much: data sets, runs, metrics and reports.

    import pie

    told = pie.measure(slow, fast, inputs=["3\\n"])     # texts or paths
    run = pie.simulate("test.jsonl")                    # or rows: a list of dicts
    run = pie.load_run("runs/test-skylake-1a2b3c4d")
    pie.compare("runs/before", "runs/after")
    trl.GRPOTrainer(model, reward_funcs=pie.speed_reward(testcases="test_cases"), ...)

The five names are loaded when they are first used: `import pie` costs nothing.
"""

__version__ = "0.1.0"
__all__ = ["__version__", "compare", "load_run", "measure", "simulate", "speed_reward"]

_PLACES = {
    "compare": "pie.api",
    "load_run": "pie.api",
    "measure": "pie.api",
    "simulate": "pie.api",
    "speed_reward": "pie.rewards",
}


def __getattr__(name: str) -> object:
    # By name: an import statement here would make every module of ours import these.
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'pie' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(place), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
