"""compile_commands.json on stdout, of one or more sets of files with their own compiler:
compile_commands.py COMPILER FLAG... -- FILE... [--- COMPILER FLAG... -- FILE...]..."""
import json
import os
import sys


def parts(words, mark):
    part = []
    for word in words:
        if word == mark:
            yield part
            part = []
        else:
            part.append(word)
    yield part


entries = []
for one in parts(sys.argv[1:], '---'):
    compiler, files = parts(one, '--')
    entries += [{'directory': os.getcwd(), 'file': f, 'arguments': compiler + ['-c', f]} for f in files]
print(json.dumps(entries, indent=1))
