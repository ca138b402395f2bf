#!/usr/bin/env bash
# Holds vmlinux/vmlinux.h against a real BTF (the running kernel's, or $1):
# each struct exists and has each field named; ___flavours are old layouts.
set -u
cd "$(dirname "$0")/../.." || exit 1
btf=${1:-/sys/kernel/btf/vmlinux}
if [ ! -r "$btf" ]; then
	echo "skip - vmlinux-check: this kernel shows no BTF"
	exit 0
fi
PATH=$PATH:/usr/sbin bpftool btf dump file "$btf" format c > build/btf.h || exit 1
python3 - vmlinux/vmlinux.h build/btf.h << 'PY'
import re, sys
ours, real = (open(f).read() for f in sys.argv[1:])
ours = re.sub(r'/\*.*?\*/', '', ours.split('clang attribute push')[1], flags=re.S)
# absent on some kernels or configurations, and guarded where they are read
optional = {('vm_area_struct', 'anon_name'), ('vm_area_struct', 'ctx'), ('vm_area_struct', 'vm_userfaultfd_ctx'), ('mm_struct', 'mm_lock_seq'), ('anon_vma_name', 'name'),
            # members of a union of its own name
            ('kernel_siginfo', '_sigfault'), ('kernel_siginfo', '_addr')}
bad = 0
for name, body in re.findall(r'^struct (\w+) \{(.*?)\};', ours, re.S | re.M):
    if '___' in name:
        continue
    m = re.search(r'^struct %s \{(.*?)^\}' % name, real, re.S | re.M)
    if not m:
        if name not in ('seqcount', 'anon_vma_name'):
            print('not ok - vmlinux: no struct', name); bad = 1
        continue
    for field in re.findall(r'(\w+)(?:\[\d*\])?\s*[;,]', body):
        if not re.search(r'\b%s\b' % field, m.group(1)) and (name, field) not in optional:
            print('not ok - vmlinux: struct %s has no %s' % (name, field)); bad = 1
if not bad:
    print('ok - vmlinux.h agrees with', 'the BTF')
sys.exit(bad)
PY
