"""Is a backup good?"""

import sys

from tools import say, verified

output = verified()
sys.stdout.write(f"{output['file']} is good: {output['bytes']} bytes, {output['tables']} tables\n")
say(output)
