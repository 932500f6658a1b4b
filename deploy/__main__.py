"""Until the launcher listens to signals, Ctrl-C ends it without a word."""

import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)

from deploy.launch import main  # noqa: E402

sys.exit(main())
