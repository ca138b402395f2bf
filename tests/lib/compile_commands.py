"""compile_commands.json on stdout: compile_commands.py COMPILER FLAG... -- FILE..."""
import json
import os
import sys

at = sys.argv.index('--')
print(json.dumps([{'directory': os.getcwd(), 'file': f, 'arguments': sys.argv[1:at] + ['-c', f]} for f in sys.argv[at + 1:]], indent=1))
