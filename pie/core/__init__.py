"""The core: records, plans, run folders, metrics. No flow, no terminal."""
