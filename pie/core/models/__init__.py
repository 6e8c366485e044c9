"""Models by `backend:name`: each answers prompts, and says what could change an answer."""

from pie.core.models.model import (
    Answer,
    Failure,
    Model,
    ModelError,
    ModelOptions,
    Request,
    Sampling,
    form_of,
)
from pie.core.models.registry import BACKENDS, open_model

__all__ = [
    "BACKENDS",
    "Answer",
    "Failure",
    "Model",
    "ModelError",
    "ModelOptions",
    "Request",
    "Sampling",
    "form_of",
    "open_model",
]
