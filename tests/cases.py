"""How many cases a property is tried on."""

import os


def cases(number: int) -> int:
    """Return so many, for a property that is dear, and 10,000 in `make prove`."""
    return 10_000 if os.environ.get("PIE_HYPOTHESIS") == "prove" else number
