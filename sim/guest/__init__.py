"""What runs inside the sandbox, in the interpreter of the measured program. Nobody imports it."""
