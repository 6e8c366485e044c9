# System calls by number: kill the parent, trace it, open a socket, start a process.
import ctypes
import os

libc = ctypes.CDLL(None)
held = [
    libc.kill(os.getppid(), 9) != 0,
    libc.syscall(57) < 0,
    libc.syscall(41, 2, 1, 0) < 0,
]
print(sum(held))
