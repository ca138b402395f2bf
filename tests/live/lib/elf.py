"""Functions of ELF files, for tests that look at code: no binutils are needed."""
import struct


def functions(path):
    """[(offset in the file, size, name)] of .symtab, or of .dynsym where it has been stripped."""
    with open(path, 'rb') as f:
        data = f.read()
    shoff, shentsize, shnum = struct.unpack_from('<Q', data, 40)[0], *struct.unpack_from('<HH', data, 58)
    phoff, phentsize, phnum = struct.unpack_from('<Q', data, 32)[0], *struct.unpack_from('<HH', data, 54)
    loads = [h for h in (struct.unpack_from('<IIQQQQ', data, phoff + i * phentsize) for i in range(phnum)) if h[0] == 1]
    sections = [struct.unpack_from('<IIQQQQII', data, shoff + i * shentsize) for i in range(shnum)]

    def offset_of(address):
        return next((address - p[3] + p[2] for p in loads if p[3] <= address < p[3] + p[5]), None)

    for wanted in (2, 11): # SHT_SYMTAB, SHT_DYNSYM
        for s in sections:
            if s[1] != wanted:
                continue
            strings, out = sections[s[6]][4], []
            for at in range(s[4], s[4] + s[5], 24):
                name, info, _, section, value, size = struct.unpack_from('<IBBHQQ', data, at)
                if info & 15 in (2, 10) and section: # STT_FUNC, STT_GNU_IFUNC
                    end = data.index(b'\0', strings + name)
                    out.append((offset_of(value), size, data[strings + name:end].decode()))
            if out:
                return out
    return []


class Names:
    """Offsets in files -> names of functions."""

    def __init__(self):
        self.known = {}

    def name(self, path, offset):
        if path not in self.known:
            try:
                self.known[path] = functions(path)
            except (OSError, struct.error, ValueError):
                self.known[path] = []
        return next((n for at, size, n in self.known[path] if at is not None and at <= offset < at + max(size, 1)), None)
