"""PIE's `simulator`: everything is in `pie.compat.simulator`."""

from pie.compat.simulator import (
    CompatibilityWarning,
    PieEnvironment,
    PiePairResult,
    PieResult,
    PieSingleResult,
    make,
)

__all__ = [
    "CompatibilityWarning",
    "PieEnvironment",
    "PiePairResult",
    "PieResult",
    "PieSingleResult",
    "make",
]
