# Late, and after another answer: everything that was written counts.
import atexit

atexit.register(print, 15)
print(16)
