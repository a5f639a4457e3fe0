"""What the processes of tests inherit: the umask, and that SIGINT ends them."""

import os
import signal

UMASK = os.umask(0o077)
os.umask(UMASK)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts its background jobs so
    signal.signal(signal.SIGINT, signal.default_int_handler)
