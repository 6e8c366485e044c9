"""The programming interfaces of other systems, on this one's machines."""
