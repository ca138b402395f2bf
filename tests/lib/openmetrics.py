"""A strict reader of OpenMetrics text: what the standard forbids raises ValueError."""
import re

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
SAMPLE = re.compile(r'(%s)(\{(.*)\})? (\S+)$' % NAME)
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')


def labels_of(text, line):
    labels, at = {}, 0
    while at < len(text):
        m = LABEL.match(text, at)
        if not m or m.group(1) in labels:
            raise ValueError('labels: ' + line)
        labels[m.group(1)] = m.group(2)
        at = m.end()
    return tuple(sorted(labels.items()))


def parse(text):
    """{family: type}.  Families do not mix, series are unique, numbers are numbers."""
    if not text.endswith('# EOF\n') or '\r' in text:
        raise ValueError('it does not end with # EOF')
    families, series, current, units = {}, set(), None, {}
    for line in text.split('\n')[:-2]:
        words = line.split(' ', 3)
        if words[0] == '#':
            if len(words) < 3 or words[1] not in ('HELP', 'TYPE', 'UNIT'):
                raise ValueError('comment: ' + line)
            if words[2] != current and words[2] in families:
                raise ValueError('family comes twice: ' + line)
            current = words[2]
            if words[1] == 'TYPE':
                families[current] = words[3]
                if words[3] not in ('counter', 'gauge'):
                    raise ValueError('type: ' + line)
            elif words[1] == 'UNIT':
                units[current] = words[3]
                if not current.endswith('_' + words[3]):
                    raise ValueError('the unit is not in the name: ' + line)
            continue
        m = SAMPLE.match(line)
        if not m:
            raise ValueError('sample: ' + line)
        if current not in families or m.group(1) != current + ('_total' if families[current] == 'counter' else ''):
            raise ValueError('sample of another family than %s: %s' % (current, line))
        one = m.group(1), labels_of(m.group(3) or '', line)
        if one in series:
            raise ValueError('series comes twice: ' + line)
        series.add(one)
        if float(m.group(4)) < 0 and families[current] == 'counter':
            raise ValueError('a counter below 0: ' + line)
    return families
