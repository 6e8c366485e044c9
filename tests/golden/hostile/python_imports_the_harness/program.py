# None of our own modules is there, nor what the harness has loaded.
import importlib
import sys

seen = [name for name in ("pie", "sim", "pytest", "typer", "rich") if name in sys.modules]
for name in ("pie", "sim", "retrieval", "finetune"):
    try:
        importlib.import_module(name)
        seen.append(name)
    except ImportError:
        pass
print(len(seen))
