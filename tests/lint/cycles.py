"""No cycle of files in src: what a .c or .h includes, and what that includes, never
leads back.  A .c and the .h of its name are one file."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arrows(root):
    """File without its ending -> those that it includes."""
    to = {}
    for folder, _, names in os.walk(os.path.join(root, 'src')):
        for name in names:
            path = os.path.join(folder, name)
            stem, ending = os.path.splitext(os.path.relpath(path, os.path.join(root, 'src')))
            if ending not in ('.c', '.h'):
                continue
            with open(path, encoding='utf-8') as f:
                found = re.findall(r'^#include "([^"]+)\.h"', f.read(), re.M)
            to.setdefault(stem, set()).update(f for f in found if f != stem and not f.endswith('.skel'))
    return to


def cycle_of(to):
    """The files of a cycle, or []."""
    state, path = {}, []

    def walk(node):
        state[node] = 'open'
        path.append(node)
        for other in sorted(to.get(node, ())):
            if state.get(other) == 'open':
                return path[path.index(other):] + [other]
            if other not in state:
                found = walk(other)
                if found:
                    return found
        path.pop()
        state[node] = 'done'
        return []

    for node in sorted(to):
        if node not in state:
            found = walk(node)
            if found:
                return found
    return []


def main():
    # the search itself must be able to find one
    if cycle_of({'a': {'b'}, 'b': {'c'}, 'c': {'a'}}) != ['a', 'b', 'c', 'a'] or cycle_of({'a': {'b'}, 'b': set()}):
        sys.exit('not ok - cycles: the search is broken')
    found = cycle_of(arrows(ROOT))
    if found:
        sys.exit('not ok - cycles: ' + ' -> '.join(found))
    print('ok - cycles: none in src')


main()
