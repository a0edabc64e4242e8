#!/usr/bin/python3
"""Writes wordpiece_table.c: what BERT's tokenizer does to each code point, from Python's unicodedata.

    wordpiece_table.py > common/model/wordpiece_table.c        wordpiece_table.py --check FILE

The reference (HuggingFace tokenizers) takes its categories from tables of Unicode 8, decomposition and case from newer ones. A
code point that it does not know yet is a letter to it. The ranges below are where Unicode 14 knows more; they were found by giving
the reference every code point there is, and tests/golden/test_wordpiece.py does so again.
"""
import sys
import unicodedata

UNICODE = "14.0.0"
CANNOT_CHECK = 77

DROP, SPACE, PUNCT, CJK, MAPS, UPPER, LOWER, DIGIT = (1 << bit for bit in range(8))
BLOCK = 256
LAST = 0x10FFFF

# The reference's own ranges: its 2B920 is meant to be 2B820, but equal is equal.
CJK_RANGES = "4e00-9fff 3400-4dbf 20000-2a6df 2a700-2b73f 2b740-2b81f 2b920-2ceaf f900-faff 2f800-2fa1f"
ASCII_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

# Marks, format characters and punctuation younger than the reference's categories.
NEWER = """
61d 7fd 890-891 898-89f 8ca-8e2 9fd-9fe a76 afa-aff b55 c04 c3c c77 c84 d00 d3b-d3c d81 eba 180f 1885-1886 1abf-1ace
1b7d-1b7e 1df6-1dfb 2e43-2e4f 2e52-2e5d a82c a8c5 a8ff a9bd 10d24-10d27 10eab-10ead 10f46-10f50 10f55-10f59 10f82-10f89 11070
11073-11074 110c2 110cd 111cf 1123e 1133b 11438-1143f 11442-11444 11446 1144b-1144f 1145a-1145b 1145d-1145e 11660-1166c 116b9
1182f-11837 11839-1183b 1193b-1193c 1193e 11943-11946 119d4-119d7 119da-119db 119e0 119e2 11a01-11a0a 11a33-11a38 11a3b-11a47
11a51-11a56 11a59-11a5b 11a8a-11a96 11a98-11a9c 11a9e-11aa2 11c30-11c36 11c38-11c3d 11c3f 11c41-11c45 11c70-11c71 11c92-11ca7
11caa-11cb0 11cb2-11cb3 11cb5-11cb6 11d31-11d36 11d3a 11d3c-11d3d 11d3f-11d45 11d47 11d90-11d91 11d95 11d97 11ef3-11ef4
11ef7-11ef8 11fff 12ff1-12ff2 13430-13438 16e97-16e9a 16f4f 16fe2 16fe4 1cf00-1cf2d 1cf30-1cf46 1e000-1e006 1e008-1e018
1e01b-1e021 1e023-1e024 1e026-1e02a 1e130-1e136 1e2ae 1e2ec-1e2ef 1e944-1e94a 1e95e-1e95f
"""
THEN_MARK = {0x1734}  # of another category since
THEN_PUNCTUATION = {0x166D, 0x111C9}


def ranges(text):
    for part in text.split():
        first, _, last = part.partition("-")
        yield range(int(first, 16), int(last or first, 16) + 1)


YOUNG = {code for span in ranges(NEWER) for code in span}
IDEOGRAPHS = {code for span in ranges(CJK_RANGES) for code in span}


def category(code):
    if code in THEN_MARK:
        return "Mn"
    if code in THEN_PUNCTUATION:
        return "Po"
    return "Cn" if code in YOUNG else unicodedata.category(chr(code))


def is_hangul(code):
    return 0xAC00 <= code <= 0xD7A3  # decomposed by arithmetic, in C


def mapped(code):
    """Decomposed, without marks, in lower case: one code point becomes none, one or a few."""
    parts = [p for p in unicodedata.normalize("NFD", chr(code)) if category(ord(p)) != "Mn"]
    return [ord(c) for c in "".join(p.lower() for p in parts)]


def flags(code):
    char, kind, out = chr(code), category(code), 0
    if char in "\t\n\r" or kind[0] == "Z":
        return SPACE
    if kind in ("Cc", "Cf", "Cs", "Co") or code == 0xFFFD:
        return DROP
    out |= PUNCT if kind[0] == "P" or char in ASCII_PUNCTUATION else 0
    out |= CJK if code in IDEOGRAPHS else 0
    out |= UPPER if char.isupper() else 0
    out |= LOWER if char.islower() or char.istitle() and not char.isupper() else 0
    out |= DIGIT if char.isdigit() else 0
    return out | (MAPS if not is_hangul(code) and mapped(code) != [code] else 0)


def rows(values, form, width=99):
    line = "   "
    for value in values:
        word = " " + form.format(value) + ","
        if len(line) + len(word) > width:
            yield line
            line = "   "
        line += word
    yield line


def table():
    of = [flags(code) for code in range(LAST + 1)]
    blocks, index = [], []
    for start in range(0, LAST + 1, BLOCK):
        block = of[start : start + BLOCK]
        if block not in blocks:
            blocks.append(block)
        index.append(blocks.index(block))
    maps = [(code, mapped(code)) for code in range(LAST + 1) if of[code] & MAPS]
    assert len(blocks) < 256 and max(len(to) for _, to in maps) <= 3
    # What the arrays of a caller must hold: never more code points than bytes came in.
    assert all(len(to) <= len(chr(code).encode()) for code, to in maps)
    yield f"/* common/model/wordpiece_table.c - made by wordpiece_table.py from Unicode {UNICODE}; edit that. */"
    yield "/* clang-format off */"
    yield '#include "common/model/wordpiece_table.h"\n'
    yield f"const uint8_t onr_wp_block[{len(index)}] = {{"
    yield from rows(index, "{}")
    yield f"}};\n\nconst uint8_t onr_wp_flags[{len(blocks)}][{BLOCK}] = {{"
    for block in blocks:
        yield "  {"
        yield from rows(block, "{}")
        yield "  },"
    yield f"}};\n\nconst size_t onr_wp_maps_n = {len(maps)};"
    yield f"const struct onr_wp_map onr_wp_maps[{len(maps)}] = {{"
    yield from rows(["{ 0x%x, { %s } }" % (code, ", ".join(f"0x{x:x}" for x in to) or "0") for code, to in maps], "{}")
    yield "};"


def main():
    if unicodedata.unidata_version != UNICODE:
        print(f"this Python knows Unicode {unicodedata.unidata_version}, the table is of {UNICODE}: not checked", file=sys.stderr)
        return CANNOT_CHECK
    text = "\n".join(table()) + "\n"
    if sys.argv[1:2] == ["--check"]:
        with open(sys.argv[2], encoding="ascii") as file:
            same = file.read() == text
        print(f"{sys.argv[2]} is {'' if same else 'NOT '}what the script makes")
        return 0 if same else 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
