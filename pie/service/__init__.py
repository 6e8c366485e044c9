"""Speed as a service: programs in by HTTP, measurements and rewards out (`pie serve`)."""
