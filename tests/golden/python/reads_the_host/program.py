import os
import socket
from pathlib import Path

found = [name for name, value in os.environ.items() if "bait" in value]
for path in ("/etc/passwd", "/etc/hostname", "/root", "/home", "/proc/self/environ", "/pie/output.0.txt", "output.0.txt"):
    if Path(path).exists():
        found.append(path)
for number in range(3, 256):
    try:
        os.fstat(number)
        found.append(number)
    except OSError:
        pass
try:
    socket.socket()
    found.append("network")
except OSError:
    pass
print(found or "nothing")
