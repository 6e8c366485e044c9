import os
import subprocess

held = 0
for start in (os.fork, lambda: subprocess.run(["/bin/true"], check=True), lambda: os.execv("/bin/true", ["true"])):
    try:
        start()
    except OSError:
        held += 1
print(held)
