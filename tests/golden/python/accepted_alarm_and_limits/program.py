import resource
import signal
import time

soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
resource.setrlimit(resource.RLIMIT_STACK, (hard, hard))
heard = []
signal.signal(signal.SIGALRM, lambda *_: heard.append("rang"))
signal.setitimer(signal.ITIMER_REAL, 0.05)
time.sleep(0.2)
signal.alarm(9)
print(*heard)
