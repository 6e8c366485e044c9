from pie.api import compare as compare
from pie.api import load_run as load_run
from pie.api import measure as measure
from pie.api import simulate as simulate
from pie.rewards import speed_reward as speed_reward

__version__: str
__all__ = ["__version__", "compare", "load_run", "measure", "simulate", "speed_reward"]
