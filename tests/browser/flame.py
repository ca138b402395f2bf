#!/usr/bin/env python3
"""The flame page (src/view/format/flame_page.html) in a browser without a screen: it is drawn, search, zoom and inversion
work, hostile names run nothing, and the console stays empty."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAME = 'browser: the flame page'
# What a user would do; what the page shows then is written into an element for --dump-dom.
STEPS = '''<script>
window.onerror = (text) => { out.errors.push(String(text)); };
window.alert = () => { out.errors.push('a name was run'); };
const out = { errors: [] };
const frames = () => [...document.querySelectorAll('.f')];
const named = (name) => frames().find((f) => f.textContent === name);
const wide = (f) => Math.round(parseFloat(f.style.width));
const type = (text) => { const s = document.getElementById('search'); s.value = text; s.dispatchEvent(new Event('input')); };
try {
	out.all = frames().length;
	out.work = wide(named('work'));
	out.tip = named('work').getAttribute('aria-label');
	type('WORK');
	out.hits = document.querySelectorAll('.hit').length;
	out.found = document.getElementById('found').textContent;
	type('nothing has this name');
	out.none = document.querySelectorAll('.hit').length;
	type('');
	out.clear = document.querySelectorAll('.hit').length;
	named('work').click();
	out.zoomed = wide(named('work'));
	out.gone = !named('idle');
	out.above = named('main').classList.contains('up');
	document.getElementById('reset').click();
	out.back = wide(named('work'));
	document.getElementById('metric').value = 1;
	document.getElementById('metric').dispatchEvent(new Event('change'));
	out.bytes = wide(named('idle'));
	document.getElementById('metric').value = 0;
	document.getElementById('metric').dispatchEvent(new Event('change'));
	document.getElementById('invert').click();
	out.leaf = parseInt(named('page_fault').style.top);
	out.caller = parseInt(named('malloc').style.top);
	document.getElementById('invert').click();
	document.getElementById('theme').click();
	out.theme = document.documentElement.dataset.theme;
	dispatchEvent(new KeyboardEvent('keydown', { key: '/' }));
	out.focus = document.activeElement.id;
	out.hostile = frames().some((f) => f.textContent.startsWith('<' + '/script><script>alert(1)'));
} catch (e) {
	out.errors.push(String(e));
}
const result = document.createElement('pre');
result.id = 'result';
result.textContent = JSON.stringify(out);
document.body.appendChild(result);
</script>'''
WANTED = {
    'all': 8, 'work': 63, 'hits': 1, 'found': '1 frames, 85, 62.96%', 'none': 0, 'clear': 0, 'zoomed': 100, 'gone': True,
    'above': True, 'back': 63, 'bytes': 83, 'leaf': 18, 'caller': 36, 'focus': 'search', 'hostile': True, 'errors': [],
}


def end(word, text=''):
    print('%s - %s%s' % (word, NAME, ': ' + text if text else ''))
    sys.exit(word == 'not ok')


def main():
    browser = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser', 'google-chrome'))), None)
    if not browser:
        end('skip', 'there is no chromium')
    with tempfile.TemporaryDirectory(prefix='mmtrace-browser-') as scratch:
        page = os.path.join(scratch, 'flame.html')
        subprocess.run([os.path.join(ROOT, 'build', 'pure', 'unit', 'flame'), page], check=True)
        with open(page, encoding='utf-8') as f:
            text = f.read()
        with open(page, 'w', encoding='utf-8') as f:
            f.write(text.replace('</body>', STEPS + '</body>'))
        try:
            seen = subprocess.run(
                [browser, '--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--window-size=1200,800',
                 '--user-data-dir=' + os.path.join(scratch, 'profile'), '--enable-logging=stderr', '--dump-dom',
                 'file://' + page], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=180,
                env=dict(os.environ, HOME=scratch))
        except subprocess.TimeoutExpired:
            end('skip', '%s does not come to an end here' % browser)
    console = [line for line in seen.stderr.splitlines() if ':CONSOLE' in line]
    found = re.search(r'<pre id="result">(.*?)</pre>', seen.stdout, re.S)
    if not found and not seen.stdout.strip():
        end('skip', '%s cannot run here: %s' % (browser, (seen.stderr.strip().splitlines() or ['?'])[-1]))
    if not found:
        end('not ok', 'the steps did not run: ' + ' '.join(console))
    result = json.loads(found[1].replace('&lt;', '<').replace('&gt;', '>').replace('&amp;', '&'))
    wrong = ['%s is %r, not %r' % (key, result.get(key), want) for key, want in WANTED.items() if result.get(key) != want]
    if not re.search(r'Faults: 85, 62.96% of all, self 0\nMade resident: 304.0 KiB \(311,296\)', result.get('tip', '')):
        wrong.append('the tip says %r' % result.get('tip'))
    if wrong or console:
        end('not ok', '; '.join(wrong + console))
    end('ok', '%d frames' % result['all'])


main()
