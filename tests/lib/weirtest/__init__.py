"""What weir's tests share: TAP, real peers, stand-ins for faults, processes.

A test starts like this, and then works under prove, under tests/run, and alone:

    #!/usr/bin/python3 -B
    import os, sys
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
    from weirtest import tap

    with tap.Test() as t:
        t.is_(1 + 1, 2, "one and one")

Only the standard library, yaml and jsonschema are used.
"""

import os
import sys

sys.dont_write_bytecode = True

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BIN = os.path.abspath(os.environ.get("BIN") or os.path.join(ROOT, "bin"))
