"""State that child processes inherit from the tests: umask and the handling of SIGINT."""

import os
import signal

UMASK = os.umask(0o077)
os.umask(UMASK)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so shells start background jobs
    signal.signal(signal.SIGINT, signal.default_int_handler)
