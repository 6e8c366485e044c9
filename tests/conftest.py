import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import caches

REPOSITORY = Path(__file__).parents[1]

# What progress is shown depends on how fast the host is; tests of the display ask for it.
os.environ["PIE_PROGRESS"] = "never"
# A shell starts what runs in its background deaf to Ctrl-C, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy host is slow now and then; that is no failure of what is tested.
settings.register_profile("pie", deadline=None)
settings.register_profile(
    "prove", deadline=None, max_examples=10_000, suppress_health_check=list(HealthCheck)
)
settings.load_profile(os.environ.get("PIE_HYPOTHESIS", "pie"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what hypothesis feeds, for `make prove`."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.property)


@pytest.fixture(scope="session")
def ready_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache that all processes of this test run share; what takes long is compiled there."""
    base = tmp_path_factory.getbasetemp()
    return caches.shared(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base)


@pytest.fixture
def cache(ready_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shared cache, for the code that a test calls."""
    monkeypatch.setenv("PIE_CACHE", str(ready_cache))
    return ready_cache


@pytest.fixture(scope="session")
def fresh_cache(ready_cache: Path) -> Callable[[Path], Path]:
    """Make the named folder a cache that has measured nothing, without compiling all anew."""
    return lambda folder: caches.fresh(folder, ready_cache)


@pytest.fixture(scope="session")
def gem5() -> str:
    """The path of a real gem5, by PIE_GEM5, the user's configuration file or PATH."""
    from sim.errors import SimError
    from sim.machines import gem5_installation

    try:
        return gem5_installation.examine(gem5_installation.find()).path
    except SimError as missing:
        pytest.skip(f"needs a real gem5: {missing.what}; name one with PIE_GEM5")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The development data that lies beside the checkout, not in it."""
    data = REPOSITORY.parent / "shared" / "data"
    if not data.is_dir():
        pytest.skip("needs the development data in ../shared/data, not part of the project")
    return data
