import atexit

atexit.register(print, 15)
