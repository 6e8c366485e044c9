"""Python's way in: what `pie measure`, `pie simulate`, `pie report` and `pie compare` do.

`pie` hands the functions on. Nothing is printed; each error is an InputError or a MissingTool with
one sentence, as on the command line.
"""

from pie.api.comparing import Comparison, compare
from pie.api.measuring import Measured, measure
from pie.api.runs import Run, load_run, simulate

__all__ = ["Comparison", "Measured", "Run", "compare", "load_run", "measure", "simulate"]
